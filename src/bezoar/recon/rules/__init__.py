"""The rules on what a scan sees, one file each."""

from collections.abc import Callable, Iterator
from typing import Final

from bezoar.core.finding import Finding
from bezoar.core.rule import Rule
from bezoar.recon.rules import (
    around_the_mirror,
    fetch_in_job,
    mutable_revision,
    no_checksum,
    plain_http,
    remote_code,
    secret_in_address,
    unreadable_file,
    unregistered_source,
    unsafe_load,
    unverified_tls,
)
from bezoar.recon.rules.inquiry import Inquiry

Findings = Callable[[Inquiry], Iterator[Finding]]
"""What a rule's file has: its answer to an inquiry."""

ON_FETCHES: Final[tuple[tuple[Rule, Findings], ...]] = tuple(
    (module.RULE, module.findings)
    for module in (
        unregistered_source,
        mutable_revision,
        no_checksum,
        plain_http,
        unverified_tls,
        remote_code,
        unsafe_load,
        fetch_in_job,
        around_the_mirror,
        secret_in_address,
        unreadable_file,
    )
)
"""Each rule on an inventory, in the order of the codes, with what answers for it."""
