"""A sample county of any size; enters a number of parcels and a seed, leaves rows for both layers."""

from gateway.management.sample.county import County, county

__all__ = ["County", "county"]
