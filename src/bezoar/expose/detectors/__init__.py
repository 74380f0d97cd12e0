"""Detectors, one per file: evidence in, alarms out, never a verdict.

None is told the poison rate, and each can say "clean". Two judges gather evidence, and each has
its own detector of groups; both ask the same three questions.
"""

from bezoar.expose.detectors.group import GroupDetector
from bezoar.expose.detectors.lift import LiftDetector
from bezoar.expose.detectors.pattern import PatternDetector
from bezoar.expose.detectors.shape_group import ShapeGroupDetector

SHAPE_DETECTORS = (ShapeGroupDetector(), LiftDetector(), PatternDetector())
NETWORK_DETECTORS = (GroupDetector(), LiftDetector(), PatternDetector())
RULES = tuple(detector.rule for detector in SHAPE_DETECTORS)
"""What is asked, whoever judges."""
