// Calls the gateway through the client that oapi-codegen made, and prints what the types hold.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"lienthong.example/clients/api"
)

type input struct {
	URL, Token, Purpose, PersonalID, ProvinceCode, CommuneCode, MapSheet, ParcelNumber string
}

func main() {
	var in input
	must(json.Unmarshal([]byte(os.Getenv("INPUT")), &in))
	authorise := api.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+in.Token)
		return nil
	})
	client, err := api.NewClientWithResponses(in.URL, authorise)
	must(err)
	ctx := context.Background()
	purpose := in.Purpose

	lookUp := func(personalID string) *api.PopulationPersonLookupV1Response {
		var request api.PersonLookupRequest
		must(request.FromPersonLookupRequestByPersonalId(api.PersonLookupRequestByPersonalId{PersonalId: personalID}))
		answer, err := client.PopulationPersonLookupV1WithResponse(ctx,
			&api.PopulationPersonLookupV1Params{XPurpose: &purpose}, request)
		must(err)
		return answer
	}
	person := lookUp(in.PersonalID)

	pageSize := 3
	enterprises, err := client.BusinessEnterpriseSearchV1WithResponse(ctx, &api.BusinessEnterpriseSearchV1Params{
		XPurpose: &purpose, ProvinceCode: &in.ProvinceCode, PageSize: &pageSize})
	must(err)
	found := []any{}
	for _, one := range enterprises.JSON200.Data {
		found = append(found, []any{one.EnterpriseCode, one.CharterCapital, one.FoundingDate, one.Status})
	}

	boundary, err := client.LandParcelBoundaryV1WithResponse(ctx, in.CommuneCode, in.MapSheet, in.ParcelNumber,
		&api.LandParcelBoundaryV1Params{XPurpose: &purpose})
	must(err)

	var owner api.ParcelFindByOwnerRequest
	must(owner.FromParcelFindByOwnerRequestByPersonalId(api.ParcelFindByOwnerRequestByPersonalId{PersonalId: in.PersonalID}))
	parcels, err := client.LandParcelFindByOwnerV1WithResponse(ctx,
		&api.LandParcelFindByOwnerV1Params{XPurpose: &purpose}, owner)
	must(err)
	owned := []any{}
	for _, one := range parcels.JSON200.Data {
		owned = append(owned, []any{one.CommuneCode, one.Area})
	}

	limit := 3
	page, err := client.ChangesReadV1WithResponse(ctx, "business", &api.ChangesReadV1Params{Limit: &limit})
	must(err)
	events := []any{}
	for _, one := range page.JSON200.Data {
		value, err := one.ValueByDiscriminator()
		must(err)
		event := value.(api.BusinessEnterpriseEvent)
		events = append(events, []any{event.Sequence, event.Data.Operation, event.Data.Version, event.Data.State.Name})
	}

	services, err := client.CatalogServicesV1WithResponse(ctx, &api.CatalogServicesV1Params{})
	must(err)
	allowed := []string{}
	for _, one := range services.JSON200.Data.Services {
		if one.Allowed {
			allowed = append(allowed, one.Service)
		}
	}

	subscriptions, err := client.SubscriptionsListV1WithResponse(ctx, &api.SubscriptionsListV1Params{})
	must(err)

	wrong := lookUp("1")

	name := person.JSON200.Data.FullName
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"person":        []any{person.JSON200.Data.PersonalId, name.FamilyName, name.GivenName, len(person.JSON200.Meta.Withheld)},
		"enterprises":   found,
		"boundary":      boundary.JSON200.Data.Geometry.Coordinates,
		"parcels":       owned,
		"events":        events,
		"services":      allowed,
		"subscriptions": len(subscriptions.JSON200.Data),
		"problem":       []any{wrong.ApplicationproblemJSON400.Status, wrong.ApplicationproblemJSON400.Code},
	}))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
