"""How Sphinx builds the site. `python -m tools.site` lays the pages out and calls it."""

from __future__ import annotations

from pathlib import Path

from holdfast import __version__

HERE = Path(__file__).parent

project = "Holdfast"
author = "The Holdfast authors"
copyright = author  # noqa: A001 (Sphinx's name)
version = release = __version__

extensions = ["myst_nb"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["files/**/*.txt"]
highlight_language = "text"
nitpicky = True
pygments_style = "github-light"
pygments_dark_style = "github-dark"

myst_heading_anchors = 4
myst_enable_extensions = ["smartquotes"]
# Headings may repeat at any level, as on code hosts; and colours of SQL with parameters are a guess.
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

nb_execution_mode = "force"
nb_execution_show_tb = True
nb_execution_in_temp = True
nb_execution_timeout = 180
nb_merge_streams = True

html_theme = "furo"
html_title = "Holdfast"
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
FONT = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
COMMON = {"font-stack": FONT, "font-stack--headings": FONT}
html_theme_options = {
    "footer_icons": [],
    "top_of_page_buttons": [],
    "light_css_variables": COMMON
    | {
        "color-foreground-primary": "#1c2430",
        "color-foreground-secondary": "#5b6675",
        "color-foreground-muted": "#5b6675",
        "color-background-border": "#e4e8ed",
        "color-brand-primary": "#2f62c8",
        "color-brand-content": "#2f62c8",
        "color-brand-visited": "#2f62c8",
        "color-sidebar-link-text": "#3c4757",
        "color-sidebar-link-text--top-level": "#3c4757",
    },
    "dark_css_variables": COMMON
    | {
        "color-background-primary": "#12161c",
        "color-background-secondary": "#161b22",
        "color-background-border": "#262e38",
        "color-foreground-primary": "#e8ecf1",
        "color-foreground-secondary": "#98a4b3",
        "color-foreground-muted": "#98a4b3",
        "color-brand-primary": "#7da5fa",
        "color-brand-content": "#7da5fa",
        "color-brand-visited": "#7da5fa",
        "color-sidebar-link-text": "#b9c3cf",
        "color-sidebar-link-text--top-level": "#b9c3cf",
    },
}
