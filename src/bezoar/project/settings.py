"""The settings that people write: environment over `bezoar.toml` or `[tool.bezoar]`, over defaults.

A command's flag goes before all of them. There are only keys that something uses.
"""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from bezoar.core.errors import UsageError
from bezoar.core.policy import Policy
from bezoar.core.severity import Severity

PREFIX = "BEZOAR_"
_TABLES = frozenset(
    {
        "alerts",
        "approve",
        "audit",
        "egress",
        "fetch",
        "mirror",
        "monitor",
        "policy",
        "release",
        "run",
        "scan",
        "vet",
    }
)


def _severity(value: object) -> Severity:
    if isinstance(value, Severity):
        return value
    if not isinstance(value, str) or value.upper() not in Severity.__members__:
        raise ValueError(f"want one of {', '.join(str(one) for one in Severity)}")
    return Severity[value.upper()]


def _codes(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


_Severity = Annotated[Severity, BeforeValidator(_severity)]
_Code = Annotated[str, StringConstraints(pattern=r"^BZ[1-6]\d\d$")]
_Codes = Annotated[frozenset[_Code], BeforeValidator(_codes)]
_HostAndPort = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*:[0-9]{1,5}$")]
_ProgramName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
_Writer = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicySettings(_Model):
    """The `[policy]` table.

    Attributes:
        quarantine_at: Mildest severity that quarantines.
        reject_at: Mildest severity that rejects.
        required: Codes of the rules that must have run.
    """

    quarantine_at: _Severity = Severity.MEDIUM
    reject_at: _Severity = Severity.CRITICAL
    required: _Codes = frozenset()


class ScanSettings(_Model):
    """The `[scan]` table.

    Attributes:
        wrappers: Functions of the project that fetch what they are given, by full dotted name:
            index or name of the argument that is the source.
        mirrors: Addresses below which the team keeps copies of what it vetted.
        exclude: Patterns of paths that nobody looks into.
    """

    wrappers: dict[str, int | str] = Field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class MirrorSettings(_Model):
    """The `[mirror]` table.

    Attributes:
        uri: Where the team keeps what it approved: a path, `file:`, `s3://bucket/prefix`,
            `oci://host/repository`, `https://…`, `gs://bucket/prefix`.
        endpoint: Where S3 or Google Cloud Storage is, if not at its usual place.
        region: Of the bucket.
        object_lock_days: How long nobody can delete or overwrite an object; S3 only.
        object_lock_mode: Whether some people can lift that, or nobody.
        allow_http: Hosts that may be spoken to without encryption; a machine's own always may.
    """

    uri: str | None = None
    endpoint: str | None = None
    region: str | None = None
    object_lock_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    object_lock_mode: Literal["governance", "compliance"] = "governance"
    allow_http: tuple[str, ...] = ()


class FetchSettings(_Model):
    """The `[fetch]` table.

    Attributes:
        allow_http: Hosts that may be asked without encryption.
        allow_private: Hosts in private networks, each as `host:port`; all others are refused.
        most_bytes: How much one fetch may bring.
        most_files: How many files.
        most_seconds: How long it may take.
        slowest_rate: Bytes per second that have to come, over half a minute.
    """

    allow_http: tuple[str, ...] = ()
    allow_private: tuple[_HostAndPort, ...] = ()
    most_bytes: Annotated[int, Field(ge=1)] = 100 << 30
    most_files: Annotated[int, Field(ge=1)] = 200_000
    most_seconds: Annotated[float, Field(gt=0)] = 86_400.0
    slowest_rate: Annotated[int, Field(ge=0)] = 1_000


class ApproveSettings(_Model):
    """The `[approve]` table.

    Attributes:
        require_review: Whether somebody has to have spot-checked the data.
    """

    require_review: bool = False


class AuditSettings(_Model):
    """The `[audit]` table.

    Attributes:
        validators: Commands and functions of the team's own that check data and stop the job
            where it fails: `tools/check_signs.py`, `signs.checks.validate`.
        require_fresh_days: How old the audit of a pipeline may be when a model is released; None:
            a release asks for none.
        exclude: Patterns of paths whose pipelines are not the team's: tests, examples.
    """

    validators: tuple[str, ...] = ()
    require_fresh_days: Annotated[int, Field(ge=1, le=3_650)] | None = None
    exclude: tuple[str, ...] = ()


class EgressSettings(_Model):
    """The `[egress]` table.

    Attributes:
        also: What jobs may reach beside the mirror, each as `host:port`.
    """

    also: tuple[str, ...] = ()


class RunSettings(_Model):
    """The `[run]` table.

    Attributes:
        require_level: How far a job has to be confined at least, 1 to 3; else it does not start.
    """

    require_level: Annotated[int, Field(ge=1, le=3)] = 1


class ProgramSettings(_Model):
    """A `[vet.programs.NAME]` table: a program of the team's own that looks at data.

    Attributes:
        command: The program and its arguments; `{data}` stands for the data, which comes last
            otherwise, `{output}` for a file that is read in place of what it prints.
        output: What it writes.
        timeout_s: How long it may take.
    """

    command: Annotated[tuple[str, ...], Field(min_length=1)]
    output: Literal["junit", "sarif"]
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 600.0


class VetSettings(_Model):
    """The `[vet]` table.

    Attributes:
        minimum_isolation: How far what parses the data has to be locked in, 0 to 4; else the
            verdict is undecided.
        inspect: Whether `vet` looks for poison as `inspect` does, where it can.
        programs: Programs of the team's own that look at the data, too.
    """

    minimum_isolation: Annotated[int, Field(ge=0, le=4)] = 2
    inspect: bool = True
    programs: dict[_ProgramName, ProgramSettings] = Field(default_factory=dict)


class ReleaseSettings(_Model):
    """The `[release]` table.

    Attributes:
        require_verified: Whether the ledger has to say that each dataset was verified.
        require_inspected: Whether each dataset has to be inspected with an admitting verdict.
        require_card: Whether a release has to have a model card.
        require_signature: Whether the gate's verdict has to be signed to count.
        registry: Where releases are told of, too: `mlflow:URL` or `wandb:ENTITY/PROJECT`.
        smoke: By model's name, a command of the team's own that lets it answer; `{model}` stands
            for the model, which comes last otherwise. Exit code 0: it answers.
        smoke_timeout_s: How long that may take.
        replicas: Addresses of replicas that do not share `.bezoar/replicas/`.
        replica_timeout_s: How long a rollback waits until each replica serves the model.
        on_alarm: What replicas do with an answer under an alarm: abstain, or let the release
            before answer.
        auto_rollback: Whether an alarm may set off a rollback: as `bezoar rollback --auto`, and at
            once where the monitor runs.
        auto_deviations: How many standard deviations such an alarm needs at least.
        auto_pause_s: Seconds after a rollback in which no alarm sets off another one.
    """

    require_verified: bool = True
    require_inspected: bool = True
    require_card: bool = False
    require_signature: bool = True
    registry: Annotated[str, StringConstraints(pattern=r"^(mlflow|wandb):.+$")] | None = None
    smoke: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(default_factory=dict)
    smoke_timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 60.0
    replicas: tuple[Annotated[str, StringConstraints(pattern=r"^https?://.+$")], ...] = ()
    replica_timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 30.0
    on_alarm: Literal["abstain", "previous"] = "abstain"
    auto_rollback: bool = False
    auto_deviations: Annotated[float, Field(ge=0)] = 5.0
    auto_pause_s: Annotated[float, Field(ge=0)] = 3_600.0


class SinkSettings(_Model):
    """An `[alerts.sinks.NAME]` table: one place where alerts go.

    Attributes:
        kind: What is there.
        variable: Name of the environment variable with Slack's address, PagerDuty's routing key,
            the webhook's token (or address), the mail server's password, apprise's address.
        url: Where to, where that is no secret: a webhook, a mail server as `HOST:PORT`.
        user: Who logs in at the mail server.
        sender: Where mail comes from.
        recipients: Where mail goes to.
    """

    kind: Literal["slack", "pagerduty", "webhook", "email", "apprise"]
    variable: str = ""
    url: str = ""
    user: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Say what is missing."""
        if self.kind == "email":
            missing = [name for name in ("url", "sender", "recipients") if not getattr(self, name)]
        elif self.kind == "webhook":
            missing = [] if self.url or self.variable else ["url"]
        else:
            missing = [] if self.variable else ["variable"]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        return self


class AlertSettings(_Model):
    """The `[alerts]` table.

    Attributes:
        most: How many alarms each sink hears of one by one in ten minutes; more come together.
        sinks: Where alerts go.
    """

    most: Annotated[int, Field(ge=1, le=1000)] = 10
    sinks: dict[_ProgramName, SinkSettings] = Field(default_factory=dict)


class MonitorSettings(_Model):
    """The `[monitor]` table.

    Attributes:
        require_signed: Whether a baseline has to be signed by a key of the project.
        sinks: Where predictions go on to: `arize:SPACE_ID` or `wandb:ENTITY/PROJECT`.
    """

    require_signed: bool = False
    sinks: tuple[Annotated[str, StringConstraints(pattern=r"^(arize|wandb):.+$")], ...] = ()


class Settings(_Model):
    """Everything that a project can configure.

    Attributes:
        alerts: Where alerts of the monitor go.
        ledger: URL of the ledger's database; None: SQLite in `.bezoar/`.
        writer: Name of this checkout's chain in the ledger; None: one drawn once.
        fail_on: Mildest severity for which a command exits with 1.
        policy: How findings become a verdict.
        scan: What a scan of code knows beforehand.
        fetch: What may be fetched besides public addresses over https, and how much.
        mirror: Where the team keeps its own copies.
        monitor: Which baselines predictions may be compared with.
        egress: What jobs may reach beside the mirror.
        run: How far a job has to be confined.
        approve: What it takes to approve a dataset, beside signatures.
        audit: What counts as validation in a pipeline, and how fresh its audit has to be.
        vet: How far what parses data is locked in, and which programs look at it, too.
        release: What a model needs to go live, and how it comes back.
    """

    alerts: AlertSettings = AlertSettings()
    ledger: str | None = None
    writer: _Writer | None = None
    fail_on: _Severity = Severity.MEDIUM
    policy: PolicySettings = PolicySettings()
    scan: ScanSettings = ScanSettings()
    fetch: FetchSettings = FetchSettings()
    mirror: MirrorSettings = MirrorSettings()
    monitor: MonitorSettings = MonitorSettings()
    egress: EgressSettings = EgressSettings()
    run: RunSettings = RunSettings()
    approve: ApproveSettings = ApproveSettings()
    audit: AuditSettings = AuditSettings()
    vet: VetSettings = VetSettings()
    release: ReleaseSettings = ReleaseSettings()

    def as_policy(self) -> Policy:
        """Return the policy that the `[policy]` table describes."""
        return Policy(**self.policy.model_dump())


def read_settings(name: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Return the settings in force.

    Args:
        name: The configuration file's name, for errors.
        table: What it holds.
        environment: The process's environment.

    Raises:
        UsageError: If a key is unknown or a value is off.
    """
    settings = _validated(name, table)
    given = _from_environment(environment)
    if not given:
        return settings
    tables = {
        name: {**getattr(settings, name).model_dump(), **given.pop(name, {})}
        for name in ("policy", "mirror")
    }
    return _validated("environment", {**settings.model_dump(), **given, **tables})


def _validated(name: str, table: Mapping[str, Any]) -> Settings:
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        if first["type"] == "extra_forbidden":
            raise UsageError(f"{name}: {_unknown(path)}", next=f"mend {name}") from None
        why = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{name}: {'.'.join(path)}: {why}", next=f"mend {name}") from None


def _unknown(path: list[str]) -> str:
    """Say that a key is unknown, with the nearest one that is known at that place."""
    tables: dict[str, type[BaseModel]] = {
        "alerts": SinkSettings if path[1:2] == ["sinks"] else AlertSettings,
        "approve": ApproveSettings,
        "audit": AuditSettings,
        "egress": EgressSettings,
        "fetch": FetchSettings,
        "run": RunSettings,
        "release": ReleaseSettings,
        "policy": PolicySettings,
        "monitor": MonitorSettings,
        "scan": ScanSettings,
        "mirror": MirrorSettings,
        "vet": ProgramSettings if path[1:2] == ["programs"] else VetSettings,
    }
    fields = (tables.get(path[0], Settings) if path[1:] else Settings).model_fields
    key = path[-1]
    near = difflib.get_close_matches(key, fields, n=1, cutoff=0)
    where = "".join(f"[{part}] " for part in path[:-1])
    return f"unknown key {where}{key!r}; did you mean {near[0]!r}?"


def _variables() -> dict[str, tuple[str, ...]]:
    """Return each environment variable's name and the path of the setting that it gives."""
    top = {name: (name,) for name in Settings.model_fields if name not in _TABLES}
    policy = {f"policy_{name}": ("policy", name) for name in PolicySettings.model_fields}
    mirror = {f"mirror_{name}": ("mirror", name) for name in ("uri", "endpoint", "region")}
    return {PREFIX + name.upper(): path for name, path in (top | policy | mirror).items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    known = _variables()
    given: dict[str, Any] = {}
    for name, value in environment.items():
        if name in known:
            *tables, key = known[name]
            place = given
            for part in tables:
                place = place.setdefault(part, {})
            place[key] = value
        elif name.startswith(PREFIX) and (near := difflib.get_close_matches(name, known, 1, 0.9)):
            # Others may well have a BEZOAR_VERSION of their own; a near miss is a slip.
            raise UsageError(
                f"environment: unknown variable {name}; did you mean {near[0]}?",
                next=f"unset {name}",
            )
    return given
