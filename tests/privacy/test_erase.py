"""What an erasure leaves, and what it keeps out."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.collector.events.status import arrivals, latest
from holdfast.collector.message import STRIPE_WEBHOOK
from holdfast.errors import InputError
from holdfast.lake import Lake
from holdfast.privacy import erase, erase_again, unfinished
from tests.collector.events.conftest import Product
from tests.privacy.decoding import found
from tests.privacy.planted import (
    EMAIL,
    MARKS,
    NAME,
    OLD_EMAIL,
    PERSON,
    Sender,
    customer,
    imported,
    sent_by_person,
    stripe_event,
    track,
)

REVENUE = ("mrr", "mrr-movements", "customer-churn", "arpa", "nrr")
USE = ("active-users", "active-accounts", "usage-retention", "feature-adoption")
SPAN = {"start": "2026-01-01", "end": "2026-06-30", "grain": "month"}


def answers(data: Path, *metrics: str, **more: Any) -> dict[str, list[dict[str, Any]]]:
    with holdfast.open(data) as workspace:
        return {name: workspace.query(name, **{**SPAN, **more}).arrow.to_pylist() for name in metrics}


def rows(data: Path, table: str) -> list[dict[str, Any]]:
    return Lake(data / "lake").standing(table).to_pylist()


@pytest.mark.slow
@pytest.mark.parametrize("metrics", [REVENUE + USE])
def test_figures_stay_when_a_person_is_erased(data: Path, metrics: tuple[str, ...]) -> None:
    """J6."""
    before = answers(data, *metrics)
    erase(data, users=[PERSON])
    assert answers(data, *metrics) == before
    shutil.rmtree(data / "lake" / "rollups")
    assert answers(data, *metrics) == before


@pytest.mark.slow
def test_revenue_stays_when_an_account_is_erased(data: Path) -> None:
    before = answers(data, *REVENUE)
    certificate = erase(data, accounts=["birch"])
    assert answers(data, *REVENUE) == before
    [name] = {row["account_id"] for row in rows(data, "subscription_terms") if row["subscription_id"] != "s1"}
    assert name.startswith("erased-")
    hits = [hit for hit in found(data, "birch") if "rejects/" not in hit[0]]
    assert hits == []
    assert found(data, "kim@") == []
    assert "birch" not in certificate.text()
    assert [row["comment"] for row in rows(data, "cancellations")] == [None]


@pytest.mark.slow
def test_other_content_stays_as_it_was_written(data: Path) -> None:
    erase(data, users=[PERSON])
    said = {row["message_id"]: row["properties"] for row in rows(data, "events")}
    assert said["k3"] == '{"n": 3.50}'
    assert '"n": 2.50' in said["k2"]
    assert {row["user_id"] for row in rows(data, "users")} == {"kim", "lee"}
    subjects = {row["ticket_id"]: row["subject"] for row in rows(data, "tickets")}
    assert subjects["t1"] is None
    assert subjects["t2"].startswith("erased-")


@pytest.mark.slow
def test_use_is_forgotten_where_that_is_asked_for(data: Path) -> None:
    erase(data, users=[PERSON], forget_use=True)
    assert {row["user_id"] for row in rows(data, "events")} == {"kim"}
    assert {row["user_id"] for row in rows(data, "memberships")} == {"kim", "lee"}
    [source] = arrivals(data, count=True).sources
    assert source.holds
    assert source.erased == 7
    assert source.loaded == source.in_lake == 3


def send_again(data: Path, folder: Path) -> None:
    sender = Sender(data)
    sender.send(*sent_by_person())
    sender.send(*[{**one, "messageId": f"new-{at}"} for at, one in enumerate(sent_by_person()[:9])])


def import_again(data: Path, folder: Path) -> None:
    reports = imported(data, folder)
    assert reports["users"].erased == 1
    assert reports["tickets"].erased == 2
    assert reports["events"].erased == 1
    for report in reports.values():
        assert report.received == report.accepted + report.rejected + report.duplicate + report.conflict


@pytest.mark.parametrize("bring_back", [send_again, pytest.param(import_again, marks=pytest.mark.slow)])
def test_nothing_brings_a_person_back(data: Path, tmp_path: Path, bring_back: Callable[[Path, Path], None]) -> None:
    """J4."""
    erase(data, users=[PERSON])
    bring_back(data, tmp_path / "csv")
    assert found(data / "lake", PERSON, EMAIL, OLD_EMAIL, "device-planted") == []
    assert found(data, PERSON, "plantedsecret") == []
    for source in arrivals(data, count=True).sources:
        assert source.holds
    assert all(one.user_id != PERSON for one in latest(data, limit=100))


@pytest.mark.slow
def test_a_restored_backup_is_erased_again(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(data, backup)
    erase(data, users=[PERSON], accounts=["birch"])
    figures = answers(data, "mrr")
    shutil.copytree(data / "privacy", backup / "privacy")
    assert erase_again(backup) is not None
    assert found(backup, *MARKS) == []
    assert answers(backup, "mrr") == figures
    names = [{row["account_id"] for row in rows(one, "subscription_terms")} for one in (data, backup)]
    assert names[0] == names[1]
    assert erase_again(backup) is None


@pytest.mark.slow
def test_an_erased_account_keeps_counting_under_its_new_name(data: Path, tmp_path: Path) -> None:
    sender = Sender(data)
    sender.send(kind=STRIPE_WEBHOOK, raw=stripe_event(2, customer("cus_planted", name="Oak Ltd"), "customer.created"))
    erase(data, accounts=["cus_planted", "birch"])
    erased = Lake(data / "lake").erased
    assert erased
    renamed = erased.account("birch")
    sender.send(kind=STRIPE_WEBHOOK, raw=stripe_event(3, customer("cus_planted", name="Oak Two"), "customer.updated"))
    sender.send(track("n1", "new-user", context={"groupId": "birch"}))
    assert found(data / "lake", "cus_planted", "Oak ") == []
    assert found(data / "stripe", "cus_planted", "Oak ") == []
    assert [row["account_id"] for row in rows(data, "events") if row["user_id"] == "new-user"] == [renamed]
    imported(data, tmp_path / "csv", ("subscriptions", "accounts"))
    assert {row["account_id"] for row in rows(data, "subscription_terms")} == {"acme", renamed}
    assert {row["name"] for row in rows(data, "accounts") if row["account_id"] == renamed} == {None}


def test_a_short_id_is_replaced_only_where_it_is_an_id(tmp_path: Path) -> None:
    data = tmp_path / "data"
    sender = Sender(data)
    one, other = {"orders": 7, "userId": 7, "sum": "7"}, {"userId": "8", "sum": "7"}
    sender.send(
        track("a", "7", properties={"sum": "7"}), track("b", "8", properties=one), track("c", "8", properties=other)
    )
    certificate = erase(data, users=["7"])
    by_id = {row["message_id"]: row for row in rows(data, "events")}
    [erased] = {row["user_id"] for row in by_id.values()} - {"8"}
    assert erased.startswith("erased-")
    assert json.loads(by_id["b"]["properties"]) == one | {"userId": erased}
    assert by_id["c"]["properties"] == json.dumps(other)
    assert any("too short" in note for note in certificate.notes)


@pytest.mark.slow
def test_shared_devices_and_addresses_stay_with_the_others(data: Path) -> None:
    sender = Sender(data)
    sender.send(track("d1", "kim", anonymousId="shared-device"), track("d2", PERSON, anonymousId="shared-device"))
    erase(data, users=[PERSON])
    by_id = {row["message_id"]: row for row in rows(data, "events")}
    assert by_id["d1"]["anonymous_id"] == "shared-device"
    linked = [row for row in rows(data, "identities") if row["anonymous_id"] == "shared-device"]
    assert {row["user_id"] for row in linked} >= {"kim"}
    assert PERSON not in {row["user_id"] for row in linked}


@pytest.mark.slow
def test_a_person_is_found_by_address(data: Path) -> None:
    erase(data, users=[EMAIL.upper()])
    assert found(data, PERSON, EMAIL) == []


@pytest.mark.parametrize("given", ["", "null", "undefined"])
def test_nobody_is_not_erased(data: Path, given: str) -> None:
    with pytest.raises(InputError, match="names nobody"):
        erase(data, users=[given])


class Killed(BaseException):
    """The process is gone."""


def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From the step with that number on, nothing reaches the disk."""
    done = [0]

    def counting(real: Callable[..., Any]) -> Callable[..., Any]:
        def one(*given: Any, **more: Any) -> Any:
            done[0] += 1
            if done[0] >= step:
                raise Killed
            return real(*given, **more)

        return one

    for name in ("fsync", "link", "unlink", "replace"):
        monkeypatch.setattr(os, name, counting(getattr(os, name)))
    return done


def _killed(data: Path, step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        killed_at(step, patch)
        with pytest.raises(Killed):
            erase(data, users=[PERSON])
    if unfinished(data):
        assert erase(data).resumed
    else:
        erase(data, users=[PERSON])
    assert found(data, *MARKS) == []
    assert not unfinished(data)
    [source] = arrivals(data, count=True).sources
    assert source.holds


@pytest.mark.parametrize("step", [60])
def test_an_erasure_that_was_cut_off_is_completed(data: Path, step: int) -> None:
    _killed(data, step)


@pytest.mark.slow
@pytest.mark.parametrize("step", range(3, 260, 37))
def test_an_erasure_may_be_cut_off_anywhere(data: Path, step: int) -> None:
    _killed(data, step)


def test_the_certificate_names_nobody(data: Path) -> None:
    certificate = erase(data, users=[PERSON])
    stored = json.loads((data / "privacy" / "certificates" / f"{certificate.number}.json").read_text())
    assert stored["asked"][0]["kind"] == "user"
    changed = {one["store"]: one["rows_changed"] for one in stored["stores"]}
    assert changed["events"] == 9
    assert found(data / "privacy", PERSON, NAME, EMAIL) == []


@pytest.mark.slow
def test_a_process_that_goes_on_collecting_brings_nobody_back(data: Path) -> None:
    product = Product(data)
    try:
        product.send(track("g1", "kim"))
        before = answers(data, "active-users")
        waiting = threading.Thread(target=product.applier.apply_all)
        product.put(track("g2", PERSON, properties={"said": "plantedsecret"}))
        waiting.start()
        erase(data, users=[PERSON])
        waiting.join()
        product.send(track("g3", PERSON, properties={"said": "plantedsecret"}), track("g4", "lee"))
        assert {row["message_id"] for row in product.rows()} >= {"g1", "g4"}
        assert found(data / "lake", *MARKS) == []
        assert product.rows("events") == [row for row in product.rows("events") if row["user_id"] != PERSON]
        [source] = arrivals(data, count=True).sources
        assert source.holds
    finally:
        product.close()
    assert len(answers(data, "active-users")["active-users"]) == len(before["active-users"])
