"""What senders write of an item's state. Data only."""

from types import MappingProxyType

#: what senders write → IPTC publishing status
PUB_STATUS = MappingProxyType(
    {
        "usable": "usable",
        "withheld": "withheld",
        "canceled": "canceled",
        "cancelled": "canceled",
        "killed": "canceled",
        "kill": "canceled",
    }
)
