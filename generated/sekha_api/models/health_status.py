from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="HealthStatus")


@_attrs_define
class HealthStatus:
    """
    Attributes:
        status (str): `healthy`.
        timestamp (str): Now, with an offset from UTC; the only time here that has one.
        checks (HealthStatusChecks): What was looked at, by name, each with a `status`.
    """

    status: str
    timestamp: str
    checks: HealthStatusChecks

    def to_dict(self) -> dict[str, Any]:
        status = self.status

        timestamp = self.timestamp

        checks = self.checks.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "status": status,
                "timestamp": timestamp,
                "checks": checks,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        status = src_dict["status"]

        timestamp = src_dict["timestamp"]

        checks = HealthStatusChecks.from_dict(src_dict["checks"])

        health_status = cls(
            status=status,
            timestamp=timestamp,
            checks=checks,
        )

        return health_status


from ..models.health_status_checks import HealthStatusChecks  # noqa: E402
