import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import vn.lienthong.client.ApiClient;
import vn.lienthong.client.ApiException;
import vn.lienthong.client.api.BusinessApi;
import vn.lienthong.client.api.CatalogApi;
import vn.lienthong.client.api.ChangesApi;
import vn.lienthong.client.api.LandApi;
import vn.lienthong.client.api.PopulationApi;
import vn.lienthong.client.model.*;

/** Calls the gateway through the client that openapi-generator made, and prints what the types hold. */
public final class Calls {
  public static void main(String[] args) throws Exception {
    JsonNode in = new ObjectMapper().readTree(System.getenv("INPUT"));
    String purpose = in.get("purpose").asText();
    ApiClient client = new ApiClient();
    client.updateBaseUri(in.get("url").asText());
    client.setRequestInterceptor(
        request -> request.header("Authorization", "Bearer " + in.get("token").asText()));
    Map<String, Object> out = new LinkedHashMap<>();

    PopulationApi population = new PopulationApi(client);
    PopulationPersonLookupV1Answer person = lookUp(population, purpose, in.get("personalId").asText());
    PersonGrantedFullName name = person.getData().getFullName();
    out.put(
        "person",
        Arrays.asList(
            person.getData().getPersonalId(),
            name.getFamilyName(),
            name.getGivenName(),
            person.getMeta().getWithheld().size()));

    List<Object> enterprises = new ArrayList<>();
    for (EnterpriseGranted one :
        new BusinessApi(client)
            .businessEnterpriseSearchV1(
                BusinessApi.APIBusinessEnterpriseSearchV1Request.newBuilder()
                    .xPurpose(purpose)
                    .provinceCode(in.get("provinceCode").asText())
                    .pageSize(3)
                    .build())
            .getData()) {
      Long capital = one.getCharterCapital();
      enterprises.add(
          Arrays.asList(
              one.getEnterpriseCode(),
              capital,
              one.getFoundingDate() == null ? null : one.getFoundingDate().toString(),
              one.getStatus() == null ? null : one.getStatus().getValue()));
    }
    out.put("enterprises", enterprises);

    LandApi land = new LandApi(client);
    List<List<List<Double>>> boundary =
        land.landParcelBoundaryV1(
                LandApi.APILandParcelBoundaryV1Request.newBuilder()
                    .xPurpose(purpose)
                    .communeCode(in.get("communeCode").asText())
                    .mapSheet(in.get("mapSheet").asText())
                    .parcelNumber(in.get("parcelNumber").asText())
                    .build())
            .getData()
            .getGeometry()
            .getCoordinates();
    out.put("boundary", boundary);

    List<Object> parcels = new ArrayList<>();
    ParcelFindByOwnerRequestByPersonalId owner =
        new ParcelFindByOwnerRequestByPersonalId().personalId(in.get("personalId").asText());
    for (ParcelGranted one :
        land.landParcelFindByOwnerV1(
                LandApi.APILandParcelFindByOwnerV1Request.newBuilder()
                    .xPurpose(purpose)
                    .parcelFindByOwnerRequest(new ParcelFindByOwnerRequest(owner))
                    .build())
            .getData()) {
      Double area = one.getArea();
      parcels.add(Arrays.asList(one.getCommuneCode(), area));
    }
    out.put("parcels", parcels);

    ChangesApi changes = new ChangesApi(client);
    List<Object> events = new ArrayList<>();
    for (CloudEvent one :
        changes
            .changesReadV1(
                ChangesApi.APIChangesReadV1Request.newBuilder().registry("business").limit(3).build())
            .getData()) {
      BusinessEnterpriseEvent event = one.getBusinessEnterpriseEvent();
      BusinessEnterpriseChange change = event.getData();
      Long version = change.getVersion();
      events.add(
          Arrays.asList(
              event.getSequence(), change.getOperation().getValue(), version, change.getState().getName()));
    }
    out.put("events", events);

    List<String> services = new ArrayList<>();
    for (OwnService one :
        new CatalogApi(client)
            .catalogServicesV1(CatalogApi.APICatalogServicesV1Request.newBuilder().build())
            .getData()
            .getServices()) {
      if (one.getAllowed()) services.add(one.getService());
    }
    out.put("services", services);

    List<Subscription> subscriptions =
        changes
            .subscriptionsListV1(ChangesApi.APISubscriptionsListV1Request.newBuilder().build())
            .getData();
    out.put("subscriptions", subscriptions.size());

    try {
      lookUp(population, purpose, "1");
    } catch (ApiException refused) {
      Problem problem = client.getObjectMapper().readValue(refused.getResponseBody(), Problem.class);
      out.put("problem", Arrays.asList(problem.getStatus(), problem.getCode().getValue()));
    }
    System.out.println(new ObjectMapper().writeValueAsString(out));
  }

  private static PopulationPersonLookupV1Answer lookUp(PopulationApi population, String purpose, String personalId)
      throws ApiException {
    return population.populationPersonLookupV1(
        PopulationApi.APIPopulationPersonLookupV1Request.newBuilder()
            .xPurpose(purpose)
            .personLookupRequest(
                new PersonLookupRequest(new PersonLookupRequestByPersonalId().personalId(personalId)))
            .build());
  }
}
