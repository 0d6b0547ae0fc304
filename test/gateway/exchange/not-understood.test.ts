/** A registry that answers with a message in the place of its data: 502 to every caller, with a scope or without, and never 404. */
import t from 'tap';
import { lookupAnswer, person, verifyAnswer } from '../../adapters/population/fixture.ts';
import { send, startServer } from '../../adapters/support/server.ts';
import { refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';

const MESSAGE = 'Hệ thống đang bảo trì';
const registry = await startServer(t, send({}));
const gateway = await startTestGateway(t, {
  agreements: [
    {
      agreement: 'TT-PHAM-VI',
      consumer: 'H29.thu',
      requiredHeaders: [],
      scope: { provinceCode: ['01'] },
      services: [{ service: 'population.person.lookup@1', revision: 1, fields: [''] }],
    },
  ],
  variables: {
    POPULATION_URL: `${registry.url}/soap`,
    BUSINESS_URL: registry.url,
    LAND_UPSTREAMS: JSON.stringify({ '01': { url: registry.url, apiKey: 'k' } }),
  },
});

const { personalId } = person;
const lookup = 'population.person.lookup';

t.test('a person: 502, with a scope or without, and no guess is counted', async (t) => {
  const empty = lookupAnswer();
  for (const body of [
    lookupAnswer(MESSAGE),
    lookupAnswer(`<ThongBao>${MESSAGE}</ThongBao>`),
    empty.replace('</ns2:', `<ThongBao xmlns="http://dancuquocgia.bca">${MESSAGE}</ThongBao></ns2:`),
    `<html>${MESSAGE}</html>`,
    MESSAGE,
    '',
  ]) {
    registry.respond = send({ body });
    refused(t, await gateway.call('H29.thu', lookup, { personalId }), 502, 'upstream_malformed', body);
    const guess = { personalId, fullName: 'Sai Tên' };
    refused(t, await gateway.call('H26.motcua', lookup, guess), 502, 'upstream_malformed', body);
  }
  registry.respond = send({
    body: verifyAnswer('false').replace('</TonTai>', `</TonTai><Loi>${MESSAGE}</Loi>`),
  });
  const asked = { personalId, fullName: 'Sai Tên', birthDate: '1990' };
  const verified = await gateway.call('H26.motcua', 'population.person.verify', asked);
  refused(t, verified, 502, 'upstream_malformed');

  registry.respond = send({ body: empty });
  for (const system of ['H29.thu', 'H26.motcua']) {
    refused(
      t,
      await gateway.call(system, lookup, { personalId }),
      404,
      'not_found',
      'which is what is said of nobody',
    );
  }
});

t.test('a parcel: 404 of a proxy is 502, and of the registry 404', async (t) => {
  const key = { communeCode: '00004', mapSheet: '1', parcelNumber: '1' };
  const call = () => gateway.call('H26.motcua', 'land.parcel.lookup', key);
  registry.respond = send({
    status: 404,
    headers: { 'content-type': 'text/html' },
    body: '<html>404</html>',
  });
  refused(t, await call(), 502, 'upstream_failed');
  registry.respond = send({ status: 404, body: '{"maLoi":"KHONG_CO_DICH_VU"}' });
  refused(t, await call(), 502, 'upstream_failed');
  registry.respond = send({ body: JSON.stringify({ thongBao: MESSAGE }) });
  refused(t, await call(), 502, 'upstream_malformed');
  registry.respond = send({ status: 404, body: '{"maLoi":"THUA_DAT_NOT_FOUND"}' });
  refused(t, await call(), 404, 'not_found');
  const elsewhere = { ...key, communeCode: '99999' };
  const answer = await gateway.call('H26.motcua', 'land.parcel.lookup', elsewhere);
  refused(t, answer, 503, 'registry_not_connected');
  t.equal(answer.body.reason, 'commune_not_known');
});
