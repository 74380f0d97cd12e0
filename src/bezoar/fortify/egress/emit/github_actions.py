"""The first step of a job in GitHub Actions: harden-runner, told to block."""

from bezoar.fortify.egress.emit.wanted import Wanted, heading, reached

ACTION = "step-security/harden-runner@9af89fc71515a100421586dfdb3dc9c984fbf411"
"""By its commit: a tag can be moved."""
_VERSION = "v2.19.4"


def policy(wanted: Wanted) -> str:
    """Return a list of one step as YAML."""
    head = heading(
        "GitHub Actions: put this step first in each job that trains",
        (
            (
                f"From then on the runner reaches {reached(wanted)}, and what GitHub's own runner"
                " needs."
            ),
            "sudo and containers are taken away: with either, a step can undo the blocking.",
        ),
        (
            (
                "actions/checkout and others need github.com:443 and api.github.com:443. Anybody"
                " publishes data there: take it into [egress] also only if the job cannot do"
                " without."
            ),
            (
                "Runners of your own where the agent is not installed, and runners of another"
                " system than Linux."
            ),
            "Steps before this one.",
            (
                "It is a program of a third party, and it learns which hosts a job asks for;"
                " telemetry is switched off below."
            ),
        ),
    )
    endpoints = "\n".join(f"      {one}" for one in wanted.destinations.all)
    allowed = f"    allowed-endpoints: |\n{endpoints}\n" if endpoints else ""
    return (
        f"{head}- name: Reach the mirror only\n"
        f"  uses: {ACTION} # {_VERSION}\n"
        "  with:\n"
        "    egress-policy: block\n"
        "    disable-sudo-and-containers: true\n"
        "    disable-telemetry: true\n"
        f"{allowed}"
    )
