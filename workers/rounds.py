"""A round of the keeper: each step for itself."""

from collections.abc import Callable, Mapping

from pipeline.errors import NewswireError
from pipeline.logs import get_logger

log = get_logger(__name__)


def go_through(steps: Mapping[str, Callable[[], object]], begin: Callable[[], object]) -> bool:
    """Do each step; one that fails keeps no other from being done.

    Args:
        steps: By the name that the log has for each.
        begin: Called before each of them.

    Returns:
        Whether all went well.
    """
    well = True
    for name, step in steps.items():
        begin()
        try:
            step()
        except NewswireError as error:
            log.warning("keeper_step_failed", step=name, cause=str(error))
            well = False
    return well
