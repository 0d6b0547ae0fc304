"""Calls the gateway through the client that openapi-python-client made, and prints what the types hold."""

import json
import os

from client import AuthenticatedClient
from client.api.business import business_enterprise_search_v1
from client.api.catalog import catalog_services_v1
from client.api.changes import changes_read_v1, subscriptions_list_v1
from client.api.land import land_parcel_boundary_v1, land_parcel_find_by_owner_v1
from client.api.population import population_person_lookup_v1
from client.models import (
    BusinessEnterpriseEvent,
    BusinessEnterpriseSearchV1Answer,
    CatalogServicesV1Answer,
    ChangesAnswer,
    ChangesReadV1Registry,
    LandParcelBoundaryV1Answer,
    LandParcelFindByOwnerV1Answer,
    ParcelFindByOwnerRequestByPersonalId,
    PersonLookupRequestByPersonalId,
    PopulationPersonLookupV1Answer,
    Problem,
    SubscriptionsAnswer,
)
from client.types import Unset

given = json.loads(os.environ["INPUT"])
client = AuthenticatedClient(base_url=given["url"], token=given["token"])
purpose: str = given["purpose"]


def or_none(value: object) -> object:
    return None if isinstance(value, Unset) else value


person = population_person_lookup_v1.sync(
    client=client, x_purpose=purpose, body=PersonLookupRequestByPersonalId(personal_id=given["personalId"])
)
assert isinstance(person, PopulationPersonLookupV1Answer)
name = person.data.full_name
assert not isinstance(name, Unset)

enterprises = business_enterprise_search_v1.sync(
    client=client, x_purpose=purpose, province_code=given["provinceCode"], page_size=3
)
assert isinstance(enterprises, BusinessEnterpriseSearchV1Answer)

boundary = land_parcel_boundary_v1.sync(
    given["communeCode"], given["mapSheet"], given["parcelNumber"], client=client, x_purpose=purpose
)
assert isinstance(boundary, LandParcelBoundaryV1Answer)
assert not isinstance(boundary.data.geometry, Unset)

parcels = land_parcel_find_by_owner_v1.sync(
    client=client,
    x_purpose=purpose,
    body=ParcelFindByOwnerRequestByPersonalId(personal_id=given["personalId"]),
)
assert isinstance(parcels, LandParcelFindByOwnerV1Answer)

page = changes_read_v1.sync(ChangesReadV1Registry.BUSINESS, client=client, limit=3)
assert isinstance(page, ChangesAnswer)
events = []
for event in page.data:
    assert isinstance(event, BusinessEnterpriseEvent)
    assert not isinstance(event.data.state, Unset)
    events.append([event.sequence, event.data.operation.value, event.data.version, event.data.state.name])

services = catalog_services_v1.sync(client=client)
assert isinstance(services, CatalogServicesV1Answer)

subscriptions = subscriptions_list_v1.sync(client=client)
assert isinstance(subscriptions, SubscriptionsAnswer)

wrong = population_person_lookup_v1.sync(
    client=client, x_purpose=purpose, body=PersonLookupRequestByPersonalId(personal_id="1")
)
assert isinstance(wrong, Problem)

print(
    json.dumps(
        {
            "person": [
                person.data.personal_id,
                or_none(name.family_name),
                or_none(name.given_name),
                len(person.meta.withheld),
            ],
            "enterprises": [
                [
                    one.enterprise_code,
                    or_none(one.charter_capital),
                    None if isinstance(one.founding_date, Unset) else one.founding_date.isoformat(),
                    None if isinstance(one.status, Unset) else one.status.value,
                ]
                for one in enterprises.data
            ],
            "boundary": boundary.data.geometry.coordinates,
            "parcels": [[one.commune_code, or_none(one.area)] for one in parcels.data],
            "events": events,
            "services": [one.service for one in services.data.services if one.allowed],
            "subscriptions": len(subscriptions.data),
            "problem": [wrong.status, wrong.code.value],
        }
    )
)
