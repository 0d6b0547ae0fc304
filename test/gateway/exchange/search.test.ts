/** Searches for enterprises as people type them, through the whole gateway. */
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { refused } from '../../support/answer.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway } from '../../support/gateway.ts';

const { enterprises } = samples().notable;
const gateway = await startTestGateway(t);
const business = controlOf(gateway, 'business');
const search = (input: object) => gateway.call('G12.thue', 'business.enterprise.search', input);

t.test('abbreviations, look-alike letters and spaces of every kind', async (t) => {
  const { enterpriseCode, name } = enterprises.find(({ label }) => label.includes('TNHH MTV XD'))!;
  const own = name.split(' ').slice(5).join(' ');
  for (const query of [
    `cty tnhh mtv xd ${own}`,
    `Công ty  trách nhiệm hữu hạn\u00a0một thành viên xây dựng ${own}`,
    `XÂY DỰNG ${own.replaceAll('Đ', '\u00d0')}`.normalize('NFD'),
  ]) {
    const { status, body } = await search({ name: query });
    t.equal(status, 200, query);
    const codes = (body.data as { enterpriseCode: string }[]).map((one) => one.enterpriseCode);
    t.ok(codes.includes(enterpriseCode), query);
  }
});

t.test('a text that cannot be searched for is refused, and no registry is asked', async (t) => {
  const { requests } = await business.stats();
  for (const name of ['李明 An', 'Аn Bình', '  ', 'a ', '&&']) {
    const answer = await search({ name });
    refused(t, answer, 400, 'contract_violation', name);
    t.ok(
      answer.body.errors?.every(({ parameter }) => parameter === 'name'),
      name,
    );
  }
  t.equal((await business.stats()).requests, requests);
});

t.test('13 digits in a row are refused with the form that is wanted', async (t) => {
  const input = { enterpriseCode: '0100109106001' };
  for (const [language, hint] of [
    ['vi', /gạch nối.*0109000015-001/],
    ['en', /hyphen.*0109000015-001/],
  ] as const) {
    const headers = { 'accept-language': language };
    const answer = await gateway.call('G12.thue', 'business.enterprise.lookup', input, headers);
    refused(t, answer, 400, 'contract_violation');
    t.match(answer.body.errors, [{ parameter: 'enterpriseCode', detail: hint }]);
  }
});
