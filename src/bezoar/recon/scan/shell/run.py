"""`Run`: a program that a script starts."""

from dataclasses import dataclass

from bezoar.recon.scan.shell.value import Value

Place = tuple[str, int]
"""A script, "" for the one that is read, and a line of it."""


@dataclass(slots=True)
class Run:
    """A program that a script starts.

    Attributes:
        argv: Its words; each stands for one text or for one of several.
        line: 1-based.
        end_line: Of the last word or of a document.
        document: What a here-document gives it, None where there is none.
        document_line: The first line of that.
        written: The file that its output goes to, "" where it goes elsewhere.
        before: The run whose output it reads.
        after: The run that reads its output.
        inside: Whether its output becomes part of a command.
        calls: The places of the calls that led to it, the outermost first.
        path: The script in which it stands, "" for the one that is read.
        body: Whether it is followed from a function whose parameters are not known.
    """

    argv: list[Value]
    line: int
    end_line: int
    document: str | None = None
    document_line: int = 0
    written: str = ""
    before: "Run | None" = None
    after: "Run | None" = None
    inside: bool = False
    calls: tuple[Place, ...] = ()
    path: str = ""
    body: bool = False

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.path, self.line

    @property
    def program(self) -> str:
        """The first word, without folders."""
        return self.argv[0].text.rpartition("/")[2] if self.argv else ""

    @property
    def texts(self) -> list[str]:
        """The words, each in its first form."""
        return [value.text for value in self.argv]
