"""What does bezoar do? Every rule, detector and attack, in the order of the codes.

Each stands here by name (`module:NAME`) and is imported when it is asked for.
"""

from importlib import import_module
from typing import Any

from bezoar.core.rule import Rule

RULES = {
    # Reconnaissance
    "BZ101": "bezoar.recon.rules.unregistered_source:RULE",
    "BZ102": "bezoar.recon.rules.mutable_revision:RULE",
    "BZ103": "bezoar.recon.rules.no_checksum:RULE",
    "BZ104": "bezoar.recon.rules.plain_http:RULE",
    "BZ105": "bezoar.recon.rules.unverified_tls:RULE",
    "BZ106": "bezoar.recon.rules.remote_code:RULE",
    "BZ107": "bezoar.recon.rules.unsafe_load:RULE",
    "BZ108": "bezoar.recon.rules.fetch_in_job:RULE",
    "BZ109": "bezoar.recon.rules.around_the_mirror:RULE",
    "BZ110": "bezoar.recon.rules.secret_in_address:RULE",
    "BZ111": "bezoar.recon.rules.unreadable_file:RULE",
    "BZ112": "bezoar.recon.rules.idle_suppression:RULE",
    "BZ121": "bezoar.recon.source.judging:KNOWN_BAD",
    "BZ122": "bezoar.recon.source.judging:WEAK_SOURCE",
    "BZ123": "bezoar.recon.outdated:MOVED",
    "BZ124": "bezoar.recon.outdated:CHANGED",
    "BZ125": "bezoar.recon.outdated:GONE",
    "BZ126": "bezoar.recon.outdated:NEWER",
    "BZ131": "bezoar.recon.scan.image.judging:BLOB_MISMATCH",
    "BZ132": "bezoar.recon.scan.image.judging:HOSTILE_ENTRY",
    "BZ133": "bezoar.recon.scan.image.judging:DATA_IN_IMAGE",
    "BZ141": "bezoar.recon.change:PROPOSED_SOURCE",
    "BZ142": "bezoar.recon.change:OWN_JUDGE",
    "BZ143": "bezoar.recon.entries:UNREADABLE_ENTRY",
    "BZ144": "bezoar.recon.entries:UNPINNED_ENTRY",
    "BZ151": "bezoar.recon.verify:CHANGED_BYTES",
    "BZ152": "bezoar.recon.verify:CHANGED_LABEL",
    "BZ153": "bezoar.recon.verify:MISSING_SAMPLE",
    "BZ154": "bezoar.recon.verify:EXTRA_SAMPLE",
    "BZ155": "bezoar.recon.verify:RENAMED_SAMPLE",
    "BZ156": "bezoar.recon.registered:DAMAGED_MANIFEST",
    "BZ157": "bezoar.recon.published:UNLIKE_ITS_SOURCE",
    "BZ161": "bezoar.ledger.rules:CHANGED",
    "BZ162": "bezoar.ledger.rules:MOVED",
    "BZ163": "bezoar.ledger.rules:UNREADABLE",
    "BZ164": "bezoar.ledger.rules:CUT",
    # Evaluation
    "BZ201": "bezoar.datasets.unreadable:UNREADABLE_IMAGE",
    "BZ202": "bezoar.datasets.unreadable:EMPTY_FILE",
    "BZ203": "bezoar.datasets.unreadable:EXTENSION_MISMATCH",
    "BZ204": "bezoar.datasets.unreadable:OVERSIZED_IMAGE",
    "BZ205": "bezoar.datasets.labelling:LABELS_DISAGREE",
    "BZ206": "bezoar.datasets.label_table:LISTING_MISMATCH",
    "BZ207": "bezoar.datasets.containers:UNSAFE_NAME",
    "BZ208": "bezoar.datasets.containers:UNREADABLE_CONTAINER",
    "BZ209": "bezoar.datasets.tree:NOT_AN_IMAGE",
    "BZ210": "bezoar.datasets.labelling:UNLABELLED",
    "BZ211": "bezoar.datasets.containers:SPECIAL_FILE",
    "BZ221": "bezoar.evaluate.rules.public_pull:RULE",
    "BZ222": "bezoar.evaluate.rules.mutable_reference:RULE",
    "BZ223": "bezoar.evaluate.rules.path_without_version:RULE",
    "BZ224": "bezoar.evaluate.rules.path_without_hash:RULE",
    "BZ225": "bezoar.evaluate.rules.path_without_validation:RULE",
    "BZ226": "bezoar.evaluate.rules.no_dominating_validation:RULE",
    "BZ227": "bezoar.evaluate.rules.write_between_check_and_use:RULE",
    "BZ228": "bezoar.evaluate.rules.promotion_without_gate:RULE",
    "BZ229": "bezoar.evaluate.rules.training_identity_writes_data:RULE",
    "BZ230": "bezoar.evaluate.rules.untrusted_pull_request:RULE",
    "BZ231": "bezoar.evaluate.rules.unverified_cache:RULE",
    "BZ232": "bezoar.evaluate.rules.image_by_tag:RULE",
    "BZ233": "bezoar.evaluate.rules.remote_code:RULE",
    "BZ234": "bezoar.evaluate.rules.no_review_rule:RULE",
    "BZ235": "bezoar.evaluate.rules.inline_secret:RULE",
    "BZ236": "bezoar.evaluate.rules.validation_cannot_stop:RULE",
    "BZ237": "bezoar.evaluate.questions:UNANSWERED",
    "BZ238": "bezoar.evaluate.audit:CHANGED_SINCE_AUDIT",
    "BZ240": "bezoar.evaluate.pipelines.faults:UNREADABLE_DEFINITION",
    "BZ241": "bezoar.evaluate.pipelines.faults:CYCLIC_DEFINITION",
    "BZ242": "bezoar.evaluate.pipelines.faults:MISSING_INCLUDE",
    "BZ243": "bezoar.evaluate.rules.undecidable_value:RULE",
    "BZ251": "bezoar.evaluate.validation.labels:UNEXPECTED_LABEL",
    "BZ252": "bezoar.evaluate.validation.labels:NEW_CLASS",
    "BZ253": "bezoar.evaluate.validation.labels:VANISHED_CLASS",
    "BZ254": "bezoar.evaluate.validation.shares:CLASS_SHARE_JUMP",
    "BZ255": "bezoar.evaluate.validation.outliers:OUTLIER",
    "BZ256": "bezoar.evaluate.validation.duplicates:NEAR_DUPLICATE_LABELS",
    "BZ257": "bezoar.evaluate.validation.duplicates:SPLIT_DUPLICATE",
    "BZ258": "bezoar.evaluate.validation.decoding:DECODE_FAILURE",
    "BZ259": "bezoar.evaluate.validation.order:ORDER_ANOMALY",
    "BZ260": "bezoar.evaluate.validation.duplicates:CONFLICTING_LABELS",
    "BZ261": "bezoar.evaluate.validation.expectations:EXPECTATION_FAILED",
    # Fortify
    "BZ301": "bezoar.datasets.unpack.rules:UNSAFE_ENTRY_NAME",
    "BZ302": "bezoar.datasets.unpack.rules:SPECIAL_ENTRY",
    "BZ303": "bezoar.datasets.unpack.rules:COLLIDING_ENTRIES",
    "BZ304": "bezoar.datasets.unpack.rules:ARCHIVE_BOMB",
    "BZ305": "bezoar.datasets.unpack.rules:AMBIGUOUS_ARCHIVE",
    "BZ306": "bezoar.datasets.unpack.rules:UNREADABLE_ARCHIVE",
    "BZ307": "bezoar.datasets.unpack.rules:NESTED_ARCHIVE",
    "BZ308": "bezoar.datasets.unpack.rules:PRIVILEGED_ENTRY",
    "BZ311": "bezoar.fortify.vetting.rules.pickle_code:RULE",
    "BZ312": "bezoar.fortify.vetting.rules.executable:RULE",
    "BZ313": "bezoar.fortify.vetting.rules.polyglot:RULE",
    "BZ314": "bezoar.fortify.vetting.rules.notebook:RULE",
    "BZ315": "bezoar.fortify.vetting.rules.loading_script:RULE",
    "BZ316": "bezoar.fortify.vetting.rules.office_document:RULE",
    "BZ317": "bezoar.fortify.vetting.rules.pdf_script:RULE",
    "BZ318": "bezoar.fortify.vetting.rules.object_array:RULE",
    "BZ319": "bezoar.fortify.vetting.rules.extension_type:RULE",
    "BZ320": "bezoar.fortify.vetting.rules.xml_entity:RULE",
    "BZ321": "bezoar.fortify.vetting.rules.csv_formula:RULE",
    "BZ322": "bezoar.fortify.vetting.rules.svg_script:RULE",
    "BZ323": "bezoar.fortify.vetting.rules.model_code:RULE",
    "BZ324": "bezoar.fortify.vetting.rules.safetensors_header:RULE",
    "BZ325": "bezoar.fortify.vetting.rules.hidden_file:RULE",
    "BZ326": "bezoar.fortify.vetting.rules.trailing_data:RULE",
    "BZ327": "bezoar.fortify.vetting.rules.exif_anomaly:RULE",
    "BZ328": "bezoar.fortify.vetting.rules.one_off_encoder:RULE",
    "BZ330": "bezoar.fortify.vetting.rules.unexamined:RULE",
    "BZ331": "bezoar.fortify.vetting.programs:PROGRAM",
    "BZ332": "bezoar.fortify.vetting.files:CHANGED",
    "BZ333": "bezoar.fortify.vetting.examination:ISOLATION",
    "BZ334": "bezoar.fortify.vetting.label_conflict:RULE",
    "BZ336": "bezoar.fortify.fetch.rules:UNENCRYPTED",
    "BZ337": "bezoar.fortify.fetch.rules:MOVING",
    "BZ338": "bezoar.fortify.fetch.rules:UNLIKE_ANNOUNCED",
    "BZ339": "bezoar.fortify.fetch.rules:NOT_TAKEN",
    "BZ341": "bezoar.fortify.signing.rules:UNSIGNED",
    "BZ351": "bezoar.fortify.mirror.rules:UNVERSIONED",
    "BZ352": "bezoar.fortify.mirror.rules:UNLOCKED",
    "BZ353": "bezoar.fortify.mirror.rules:OTHER_SIZE",
    "BZ354": "bezoar.fortify.mirror.rules:OTHER_BYTES",
    "BZ355": "bezoar.fortify.mirror.rules:MISSING",
    "BZ361": "bezoar.fortify.pull.rules:OTHER_BYTES",
    "BZ362": "bezoar.fortify.pull.rules:MISSING",
    "BZ363": "bezoar.fortify.pull.rules:EXTRA",
    "BZ364": "bezoar.fortify.pull.seen:OLDER_THAN_SEEN",
    "BZ365": "bezoar.fortify.pull.rules:REFUSED",
    "BZ371": "bezoar.fortify.egress.probe:WAY_OUT",
    "BZ372": "bezoar.fortify.egress.probe:UDP_WAY_OUT",
    "BZ373": "bezoar.fortify.egress.probe:NAMES_RESOLVED",
    "BZ374": "bezoar.fortify.egress.probe:METADATA_REACHED",
    "BZ375": "bezoar.fortify.egress.probe:ENGINE_REACHED",
    # Limit
    "BZ421": "bezoar.limit.releases.rules:NO_DATA",
    "BZ422": "bezoar.limit.releases.rules:NOT_APPROVED",
    "BZ423": "bezoar.limit.releases.rules:NOT_VERIFIED",
    "BZ424": "bezoar.limit.releases.rules:NOT_INSPECTED",
    "BZ425": "bezoar.limit.releases.rules:REVOKED_DATA",
    "BZ426": "bezoar.limit.releases.rules:NO_CARD",
    "BZ431": "bezoar.limit.releases.rules:ALTERED",
    "BZ432": "bezoar.limit.releases.rules:NO_ANSWER",
    "BZ433": "bezoar.limit.releases.rules:UNSIGNED",
    # Expose
    "BZ501": "bezoar.expose.detectors.group:RULE",
    "BZ502": "bezoar.expose.detectors.lift:RULE",
    "BZ503": "bezoar.expose.detectors.pattern:RULE",
    "BZ505": "bezoar.expose.inspect:UNKNOWN_CLASS",
}
"""Every rule, by its code."""

DETECTORS = (
    "bezoar.expose.detectors.shape_group:ShapeGroupDetector",
    "bezoar.expose.detectors.group:GroupDetector",
    "bezoar.expose.detectors.lift:LiftDetector",
    "bezoar.expose.detectors.pattern:PatternDetector",
)
"""Every detector of poison."""

ATTACKS = (
    "bezoar.attacks.sticker:Sticker",
    "bezoar.attacks.label_flip:LabelFlip",
    "bezoar.attacks.blend:Blend",
)
"""Every way to poison."""


def resolve(name: str) -> Any:
    """Import what `module:NAME` stands for."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def rule(code: str) -> Rule:
    """Return the rule of a code.

    Raises:
        KeyError: If there is none.
    """
    found: Rule = resolve(RULES[code])
    return found


def all_rules() -> tuple[Rule, ...]:
    """Return every rule, in the order of the codes."""
    return tuple(rule(code) for code in RULES)
