"""The clients of Segment and RudderStack, as they are published: installed outside the checkout, and never changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PYTHON = {"segment-analytics-python": "2.4.0", "rudder-sdk-python": "2.1.9"}
NODE = {"@segment/analytics-node": "3.1.0", "@rudderstack/rudder-sdk-node": "3.0.13"}
BROWSER = {"@segment/analytics-next": "1.84.3", "@rudderstack/analytics-js": "3.34.1"}
EVERY = (*PYTHON, *NODE)
VERSIONS = {**PYTHON, **NODE, **BROWSER}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
BUNDLES = {
    "@segment/analytics-next": "dist/umd",
    "@rudderstack/analytics-js": "dist/npm/modern/bundled/umd",
}
"""Where in a package lies what a page loads, as `index.js`."""
PAGES = {
    "@segment/analytics-next": "const sdk = AnalyticsNext.AnalyticsBrowser.load({writeKey: KEY, cdnURL: HERE})",
    "@rudderstack/analytics-js": "const sdk = new rudderanalytics.RudderAnalytics()\n"
    "sdk.load(KEY, HERE, {configUrl: HERE})",
}
IN_PAGE = """<!doctype html><title>page</title><script src="/index.js"></script><script>
const KEY = %s, HERE = %s
%s
sdk.page('Docs', 'Home'); sdk.identify('user-0', {email: '0@example.com'}); sdk.track('Report Viewed', {n: 0})
sdk.group('acme', {name: 'Acme'}); sdk.alias('user-1', 'user-0')
</script>"""
IN_PAGE_CALLS = ("page", "identify", "track", "group", "alias")
CALLS = ("track", "identify", "group", "page", "screen", "alias")
EACH = 4
"""Calls of each kind that a script makes; it prints nothing and ends with status 0 when all are delivered."""

SCRIPTS = {
    "segment-analytics-python": """
import sys
from segment.analytics.client import Client
failed = []
client = Client(sys.argv[1], host=sys.argv[2], on_error=lambda error, batch: failed.append(error), max_retries=20,
                upload_size=5, upload_interval=0.2, timeout=10, gzip=True)
for n in range(int(sys.argv[3])):
    client.track(f"user-{n}", "Report Viewed", {"n": n}, context={"groupId": "acme"})
    client.identify(f"user-{n}", {"email": f"{n}@example.com"})
    client.group(f"user-{n}", "acme", {"name": "Acme", "employees": "12"})
    client.page(f"user-{n}", "Docs", "Home", {"n": n})
    client.screen(f"user-{n}", "Main", "Home", {"n": n})
    client.alias(f"visitor-{n}", f"user-{n}")
client.flush()
client.join()
sys.exit(str(failed) if failed else 0)
""",
    "rudder-sdk-python": """
import sys
from rudderstack.analytics.client import Client
failed = []
client = Client(sys.argv[1], host=sys.argv[2], on_error=lambda error, batch: failed.append(error), max_retries=20,
                upload_size=5, upload_interval=0.2, timeout=10, gzip=True)
for n in range(int(sys.argv[3])):
    client.track(f"user-{n}", "Report Viewed", {"n": n}, context={"groupId": "acme"})
    client.identify(f"user-{n}", {"email": f"{n}@example.com"})
    client.group(f"user-{n}", "acme", {"name": "Acme", "employees": "12"})
    client.page(f"user-{n}", "Docs", "Home", {"n": n})
    client.screen(f"user-{n}", "Main", "Home", {"n": n})
    client.alias(f"visitor-{n}", f"user-{n}")
client.flush()
client.join()
sys.exit(str(failed) if failed else 0)
""",
    "@segment/analytics-node": """
const { Analytics } = require('@segment/analytics-node')
const [writeKey, host, count] = process.argv.slice(1)
const client = new Analytics({ writeKey, host, flushAt: 5, flushInterval: 200, maxRetries: 20 })
client.on('error', (error) => { console.error(error); process.exitCode = 1 })
for (let n = 0; n < Number(count); n++) {
  const userId = `user-${n}`
  client.track({ userId, event: 'Report Viewed', properties: { n }, context: { groupId: 'acme' } })
  client.identify({ userId, traits: { email: `${n}@example.com` } })
  client.group({ userId, groupId: 'acme', traits: { name: 'Acme', employees: '12' } })
  client.page({ userId, category: 'Docs', name: 'Home', properties: { n } })
  client.screen({ userId, category: 'Main', name: 'Home', properties: { n } })
  client.alias({ previousId: `visitor-${n}`, userId })
}
client.closeAndFlush({ timeout: 60000 })
""",
    "@rudderstack/rudder-sdk-node": """
const Analytics = require('@rudderstack/rudder-sdk-node')
const [writeKey, dataPlaneUrl, count] = process.argv.slice(1)
const client = new Analytics(writeKey, { dataPlaneUrl, flushAt: 5, flushInterval: 200, retryCount: 20, logLevel: 'none',
  axiosRetryConfig: { retryDelay: () => 300 } })
let waiting = 6 * Number(count)
const done = (error) => {
  if (error) { console.error(error.message); process.exit(1) }
  if (--waiting === 0) process.exit(0)
}
for (let n = 0; n < Number(count); n++) {
  const userId = `user-${n}`
  client.track({ userId, event: 'Report Viewed', properties: { n }, context: { groupId: 'acme' } }, done)
  client.identify({ userId, traits: { email: `${n}@example.com` } }, done)
  client.group({ userId, groupId: 'acme', traits: { name: 'Acme', employees: '12' } }, done)
  client.page({ userId, category: 'Docs', name: 'Home', properties: { n } }, done)
  client.screen({ userId, category: 'Main', name: 'Home', properties: { n } }, done)
  client.alias({ previousId: `visitor-${n}`, userId }, done)
}
setInterval(() => client.flush().catch(() => {}), 200)
""",
}


def require_sdk(name: str) -> None:
    """The client, installed; a failure in CI and a loud word everywhere else where that cannot be done."""
    reason = missing_sdk(name)
    if reason is None:
        return
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)


@cache
def missing_sdk(name: str) -> str | None:
    """Why the client is not tested, or None."""
    if name not in PYTHON and not (shutil.which("node") and shutil.which("npm")):
        return f"{name} is not tested: there is no Node (sudo apt-get install nodejs npm)"
    if name in BROWSER and chromium() is None:
        return f"{name} is not tested: there is no browser (sudo apt-get install chromium)"
    try:
        _install(name)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired, OSError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"{name} is not tested: it cannot be installed: {str(said).strip().splitlines()[-1]}"
    return None


def _folder(name: str) -> Path:
    """Kept from one run to the next, by version."""
    return Path(tempfile.gettempdir()) / "holdfast-sdks" / f"{name.replace('/', '-').strip('@')}-{VERSIONS[name]}"


def _install(name: str) -> None:
    folder = _folder(name)
    if (folder / "installed").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if name not in PYTHON:
        _run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", f"{name}@{VERSIONS[name]}"], folder)
    else:
        venv.create(folder / "venv", with_pip=True)
        _run([str(folder / "venv/bin/python"), "-m", "pip", "install", "-q", f"{name}=={PYTHON[name]}"], folder)
    (folder / "installed").touch()


def _run(command: list[str], folder: Path) -> None:
    if command[0] == "npm":
        (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=300)


def chromium() -> str | None:
    return next((found for one in CHROMIUM if (found := shutil.which(one))), None)


@contextmanager
def page(name: str, write_key: str, url: str) -> Iterator[str]:
    """A page of a site of its own that loads the client and makes its calls; served as long as the context lasts."""
    bundle = _folder(name) / "node_modules" / name / BUNDLES[name]
    content = (IN_PAGE % (json.dumps(write_key), json.dumps(url), PAGES[name])).encode()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/":
                return super().do_GET()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content)
            return None

        def log_message(self, *about: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *about: Handler(*about, directory=str(bundle)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def browsing(address: str, profile: Path) -> Iterator[None]:
    """A browser that looks at a page as long as the context lasts."""
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", "--headless", "--no-sandbox", "--remote-debugging-port=0"]
    command = [str(chromium()), *quiet, f"--user-data-dir={profile}", address]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        browser.terminate()
        browser.wait(20)


def start(name: str, write_key: str, url: str, calls: int = EACH) -> subprocess.Popen[str]:
    """The client's script, running."""
    folder = _folder(name)
    program = ["node", "-e"] if name in NODE else [str(folder / "venv/bin/python"), "-c"]
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.Popen(
        [*program, SCRIPTS[name], write_key, url, str(calls)], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
