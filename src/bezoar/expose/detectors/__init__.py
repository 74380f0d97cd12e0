"""Detectors, one per file: evidence in, alarms out, never a verdict.

None is told the poison rate, and each can say "clean".
"""

from bezoar.expose.detectors.group import GroupDetector
from bezoar.expose.detectors.lift import LiftDetector
from bezoar.expose.detectors.pattern import PatternDetector

DETECTORS = (GroupDetector(), LiftDetector(), PatternDetector())
