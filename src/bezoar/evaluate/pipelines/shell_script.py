"""Shell scripts: one step each, its commands in order."""

import re
from collections.abc import Mapping
from typing import Final

from bezoar.evaluate.pipelines.container_commands import shell_flags
from bezoar.evaluate.pipelines.definition import Pipeline, Step, Text
from bezoar.evaluate.pipelines.docker_run import image_within
from bezoar.evaluate.pipelines.inline_secrets import of_script
from bezoar.evaluate.pipelines.reading import file_name, guarded, place
from bezoar.evaluate.pipelines.shell_commands import commands_of

_SUFFIXES: Final = (".sh", ".bash", ".zsh", ".ksh", ".sbatch", ".slurm", ".pbs")
_SHEBANG: Final = re.compile(r"#!\s*(\S*/(?:env(?:\s+-S)?\s+)?(?:ba|da|z|k|a)?sh)\b([^\n]*)")


class ShellScript:
    """Reads shell scripts, and job scripts of batch systems, which are some as well."""

    format = "shell"

    def claims(self, file: Text) -> bool:
        """Say whether a file is a shell script, by its name or its first line."""
        name = file_name(file.path)
        if name.endswith(_SUFFIXES):
            return True
        return "." not in name and _SHEBANG.match(file.text) is not None

    def parse(self, file: Text, others: Mapping[str, Text]) -> list[Pipeline]:
        """Return the script as one step; none where it runs nothing."""
        del others
        return guarded(file, self.format, lambda: _parsed(file))


def _parsed(file: Text) -> list[Pipeline]:
    shebang = _SHEBANG.match(file.text)
    errexit, pipefail = shell_flags(shebang[2].split() if shebang else ())
    commands = commands_of(file.text, errexit=errexit, pipefail=pipefail)
    if not commands:
        return []
    step = Step(
        name=file_name(file.path),
        place=place(file.path, commands[0].line),
        commands=commands,
        image=image_within(commands),
        secrets=tuple(of_script(file.text, 1)),
        workspace="script",
    )
    return [Pipeline(file_name(file.path), ShellScript.format, place(file.path), steps=(step,))]


PARSER: Final = ShellScript()
