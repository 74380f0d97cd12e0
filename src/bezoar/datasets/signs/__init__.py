"""Traffic signs that bezoar draws itself: a data set without a download.

Sixteen classes with the shapes, colours and numerals of the Vienna Convention, seen through
bad weather and a cheap camera. A small network reaches about 98 % on them. Read `drawing`
first: a `plate` (`faces`, `glyphs`) is `worn`, posed before a `scenery`, `lit`, `weathered`
and `photographed`; `signset` does that many times.
"""

from bezoar.datasets.signs.signset import FREQUENCIES, SignSet, draw_signs, write_folder

__all__ = ["FREQUENCIES", "SignSet", "draw_signs", "write_folder"]
