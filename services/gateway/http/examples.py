"""Examples of requests."""

from collections.abc import Mapping
from typing import Any

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "number.update": {"golden": True, "routing": None},
    "number.reserve": {"holder": {"org": "acme"}, "remark": "for the fair"},
    "number.extend": {"did_reservation": "R-1", "holder": {"org": "acme"}, "until": "2026-09-01T00:00:00Z"},
    "number.end_extension": {"did_reservation": "R-1"},
    "number.release": {"remark": "not needed"},
    "number.assign": {"subscription": "S-1", "holder": {"org": "acme"}},
    "number.transfer": {"subscription": "S-1", "holder": {"org": "beta"}},
    "number.unassign": {"subscription": "S-1", "cause": "subscription_expired"},
    "number.lock": {"remark": "under inquiry", "until": None},
    "number.unlock": {"remark": "inquiry closed"},
    "number.delete": {"reason": "faulty", "remark": "no dial tone"},
    "number.recover": {"remark": "back from the carrier"},
    "number.restore": {"version": 7, "remark": "wrong number released"},
}
ADD = {
    "numbers": "+6531580001, +65 3158 0002", "vendor": "v1", "country": "SG", "sku": "sg-local",
    "capabilities": ["voice", "sms"],
}  # fmt: skip
