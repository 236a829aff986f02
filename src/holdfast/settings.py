"""The company's settings: `HOLDFAST_…` environment variables, else `holdfast.toml` in the data
folder, else defaults.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from holdfast.errors import InputError

FILE_NAME = "holdfast.toml"

REFUSED = "%*?[]\\^|"
"""In the path of a Delta table these mean something else, or nothing."""


@cache
def _zones() -> frozenset[str]:
    """The names of all time zones: to find them is a walk through a thousand files."""
    return frozenset(available_timezones())


def checked(folder: Path) -> Path:
    """A folder that can hold data. Raises `InputError` where its path has a letter that the tables cannot have."""
    paths = f"{folder.absolute()}{folder.resolve()}"
    refused = {letter for letter in paths if letter in REFUSED or not letter.isprintable()}
    if refused:
        raise InputError(
            f"the data folder {str(folder)!r} has {', '.join(map(repr, sorted(refused)))} in its path",
            hint=f"choose another: any letters, digits and blanks will do, but not {' '.join(REFUSED)}",
        )
    return folder


class Settings(BaseSettings):
    """What the company decided once. Read with `Settings.load(folder)`.

    >>> Settings().week_start
    'monday'
    """

    model_config = SettingsConfigDict(env_prefix="HOLDFAST_", extra="ignore", frozen=True)

    company: str = Field("", description="name of the company, shown on reports")
    timezone: str = Field("UTC", description="time zone of the company's calendar, such as Europe/Berlin")
    currency: str = Field("USD", description="currency assumed for rows without one; it never converts")
    week_start: Literal["monday", "sunday"] = Field("monday", description="first day of a week")
    policy: str = Field("holdfast", description="policy used when none is named")
    margin: float = Field(1.0, gt=0, le=1, description="gross margin, for LTV and CAC payback")
    customer_type: Literal["smb", "mid-market", "enterprise", "consumer"] | None = Field(
        None, description="who most customers are: smb, mid-market, enterprise or consumer; for benchmarks by customer"
    )
    founded: int | None = Field(None, ge=1800, le=2200, description="year of foundation, for benchmarks by company age")
    ignored_events: list[str] = Field(default_factory=list, description="events that do not count as use")
    features: dict[str, list[str]] = Field(
        default_factory=dict,
        description="features, and the events that show the use of each; without any, each event is its own feature",
    )
    key_event: str = Field("", description="event that shows the first value; any counting event where none is named")
    onboarding: list[str] = Field(default_factory=list, description="steps of the onboarding checklist: events")
    keep_events_days: int | None = Field(
        None, ge=1, description="days after which single events expire; what was done each day stays. Off unless set"
    )
    policies: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="own policies: a preset under `base`, and the switches that differ"
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in _zones():
            raise ValueError(f"unknown time zone {name!r}; use an IANA name such as Europe/Berlin")
        return name

    @field_validator("currency")
    @classmethod
    def _currency_code(cls, code: str) -> str:
        code = code.strip().upper()
        if len(code) != 3 or not code.isalpha():
            raise ValueError(f"not a currency: {code!r}; use a three-letter ISO 4217 code such as EUR")
        return code

    @field_validator("week_start", "customer_type", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.strip().lower() or None if isinstance(value, str) else value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # the file's values come in as init values (see `load`), so the environment goes first
        return (env_settings, init_settings)

    @classmethod
    def load(cls, folder: Path | None = None) -> Settings:
        """Settings of a data folder.

        Raises `InputError` that names the setting, its value and its origin, or where the folder cannot hold data.
        """
        path = None if folder is None else checked(folder) / FILE_NAME
        try:
            stored = TomlConfigSettingsSource(cls, path)() if path is not None and path.exists() else {}
        except ValueError as error:
            raise InputError(f"{path} is not valid TOML: {error}") from error
        try:
            return cls(**stored)
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise InputError(
                f"a setting cannot be used: {problems}",
                hint=f"settings come from HOLDFAST_… environment variables and from {path or FILE_NAME}",
            ) from error
