import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Within } from '../../../adapters/adapter.ts';
import { createPopulationAdapter } from '../../../adapters/population/adapter.ts';
import { createSigner } from '../../../adapters/population/credentials.ts';
import { callOf, failureOf, invoke, requestId } from '../../conformance/calls.ts';
import { recordingObserver } from '../support/observer.ts';
import { type Respond, send, startServer } from '../support/server.ts';
import { fault, lookupAnswer, person, personXml, verifyAnswer } from './fixture.ts';

const lookup = 'population.person.lookup';
const verify = 'population.person.verify';
const { personalId } = person;

async function setUp(t: Test, respond: Respond) {
  const server = await startServer(t, respond);
  const credentials = {
    url: `${server.url}/soap`,
    user: 'u',
    secret: 's3cret',
    apiKey: 'key',
    roadClient: 'VN/X',
  };
  const adapter = createPopulationAdapter(credentials, {
    maxConnections: 2,
    maxResponseBytes: 100_000,
    observer: recordingObserver(),
  });
  t.teardown(() => adapter.close());
  return { server, adapter, credentials };
}

t.test('elements without a value, however they are set out', async (t) => {
  const empty = (name: string) => new RegExp(`<${name}>[\\s\\S]*</${name}>|<${name}/>`);
  const names = [
    'QueQuan',
    'NoiDangKyKhaiSinh',
    'VoChong',
    'NguoiDaiDien',
    'ChuHo',
    'NhomMau',
    'TinhTrangHonNhan',
  ];
  const forms = [(name: string) => `<${name}/>`, (name: string) => `<${name}></${name}>`];
  forms.push(
    (name) => `<${name}>\n      </${name}>`,
    (name) => `<${name}>\u00a0</${name}>`,
  );
  forms.push(
    (name) => `<${name}><!-- none -->\n</${name}>`,
    (name) => `<${name}><![CDATA[ ]]></${name}>`,
  );
  const {
    placeOfOrigin,
    birthRegistrationPlace,
    spouse,
    representative,
    headOfHousehold,
    bloodGroup,
    maritalStatus,
    ...rest
  } = person;
  for (const form of forms) {
    const xml = names.reduce((all, name) => all.replace(empty(name), form(name)), personXml);
    const { adapter } = await setUp(t, send({ body: lookupAnswer(xml) }));
    t.strictSame(await invoke(adapter, lookup, { personalId }), { found: true, data: rest }, form('x'));
  }
});

t.test('values in lines of their own', async (t) => {
  const xml = personXml.replaceAll(
    /<(\w+)>([^<>]+)<\/\1>/g,
    (_, name, text) => `<${name}>\n    ${text}\n  </${name}>`,
  );
  const { adapter } = await setUp(t, send({ body: lookupAnswer(xml) }));
  t.strictSame(await invoke(adapter, lookup, { personalId }), { found: true, data: person });
});

t.test('a look-up is sent as the protocol says', async (t) => {
  const { server, adapter, credentials } = await setUp(t, send({ body: lookupAnswer() }));
  await invoke(adapter, lookup, { personalId, fullName: 'Nguyễn Thị Đào', birthDate: '1990-05-17' });
  const { method, url, headers, body } = server.received[0]!;
  t.strictSame([method, url], ['POST', '/soap']);
  t.match(headers, {
    'content-type': 'text/xml; charset=utf-8',
    soapaction: '"http://dancuquocgia.bca/TraCuuThongTinCongDan"',
    apikey: 'key',
    'x-road-client': 'VN/X',
    'x-case-id': '000.00.04.H26-260101-0001',
    timestamp: /^\d{14}$/,
  });
  const digest = createHash('sha256').update(`${credentials.url}u${headers.timestamp}s3cret`).digest('hex');
  t.equal(headers.authorization, `Basic ${Buffer.from(`u:${digest}`).toString('base64')}`);
  t.equal(
    body,
    '<?xml version="1.0" encoding="UTF-8"?>' +
      '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
      '<TraCuuThongTinCongDan xmlns="http://dancuquocgia.bca">' +
      '<MaYeuCau>0198c0de-0000-7000-8000-000000000001</MaYeuCau>' +
      '<MaDVC>000.00.04.H26-260101</MaDVC><MaTichHop>037</MaTichHop>' +
      '<MaCanBo>CB-0001</MaCanBo><MaDonVi>H26</MaDonVi>' +
      '<SoDinhDanh>001190000019</SoDinhDanh><HoVaTen>NGUYENTHIDAO</HoVaTen>' +
      '<NgayThangNamSinh><NgayThangNam>19900517</NgayThangNam></NgayThangNamSinh>' +
      '</TraCuuThongTinCongDan></soapenv:Body></soapenv:Envelope>',
  );
});

t.test('absent values are left out, and present ones escaped', async (t) => {
  const { server, adapter } = await setUp(t, send({ body: lookupAnswer() }));
  const call = callOf(30_000, { caseId: undefined, officerId: '<&>' });
  await invoke(adapter, lookup, { personalId, birthDate: '1945' }, call);
  const { headers, body } = server.received[0]!;
  t.notMatch(body, /MaDVC|HoVaTen/);
  t.match(body, '<NgayThangNamSinh><Nam>1945</Nam></NgayThangNamSinh>');
  t.match(body, '<MaCanBo>&lt;&amp;&gt;</MaCanBo>');
  t.notOk(headers['x-case-id']);
});

t.test('a name or birth date that does not match the record is absent', async (t) => {
  const { adapter } = await setUp(t, send({ body: lookupAnswer(personXml) }));
  const matching = [
    {},
    { fullName: 'Nguyễn Thị Thu Đào' },
    { fullName: 'NGUYEN THI THU DAO' },
    { fullName: '  nguyễn   thị-thu   đào ' },
    { fullName: 'Nguyễn Thị Thu Đào'.normalize('NFD') },
    { fullName: 'Nguyễn Thị Thu Ðào' },
    { fullName: 'Ｎguyễn\u00a0Thị\u200b Thu ðào' },
    { birthDate: '1990-05-17' },
    { birthDate: '1990' },
    { fullName: 'Nguyễn Thị Thu Đào', birthDate: '1990-05-17' },
  ];
  for (const criteria of matching) {
    const answer = await invoke(adapter, lookup, { personalId, ...criteria });
    t.strictSame(answer, { found: true, data: person }, JSON.stringify(criteria));
  }
  const others = [
    { fullName: 'Nguyễn Thị Đào' },
    { fullName: 'Nguyễn Thị Thu Hà' },
    { fullName: '李明' },
    { fullName: 'Nguyễn Thị Thu Đào 李明' },
    { fullName: 'Nguуễn Thị Thu Đào' },
    { fullName: '.' },
    { birthDate: '1990-05-18' },
    { birthDate: '1991' },
    { fullName: 'Nguyễn Thị Thu Đào', birthDate: '1990-05-18' },
    { fullName: 'Nguyễn Thị Thu Hà', birthDate: '1990-05-17' },
  ];
  for (const criteria of others) {
    const answer = await invoke(adapter, lookup, { personalId, ...criteria });
    t.strictSame(answer, { found: false }, JSON.stringify(criteria));
  }
});

t.test('a person by the number of an old identity card', async (t) => {
  const { server, adapter } = await setUp(t, send({ body: lookupAnswer(personXml) }));
  const { identityCardNumber } = person;
  const request = { identityCardNumber, fullName: 'Nguyễn Thị Thu Đào' };
  t.strictSame(await invoke(adapter, lookup, request), { found: true, data: person });
  t.match(server.received[0]!.body, '<SoCMND>012345678</SoCMND><HoVaTen>NGUYENTHITHUDAO</HoVaTen>');
  t.notMatch(server.received[0]!.body, 'SoDinhDanh');
  for (const number of ['<SoCMND>012345679</SoCMND>', '<SoCMND/>', '']) {
    server.respond = send({ body: lookupAnswer(personXml.replace('<SoCMND>012345678</SoCMND>', number)) });
    t.match(await failureOf(t, invoke(adapter, lookup, request)), { failure: 'malformed' }, 'somebody else');
  }
});

t.test('a part of a name that nobody knows, and that is blank, is no part', async (t) => {
  const { server, adapter } = await setUp(t, send({}));
  for (const part of ['<TenKhac/>', '<TenKhac> </TenKhac>', '<TenKhac><Ho/></TenKhac>']) {
    server.respond = send({ body: lookupAnswer(personXml.replace('</Ten>', `$&${part}`)) });
    const right = await invoke(adapter, lookup, { personalId, fullName: 'Nguyễn Thị Thu Đào' });
    t.strictSame(right, { found: true, data: person }, part);
    const wrong = await invoke(adapter, lookup, { personalId, fullName: 'Ai khác' });
    t.strictSame(wrong, { found: false }, part);
  }
  server.respond = send({
    body: lookupAnswer(personXml.replace('</Ten>', '$&<TenKhac><Ho>A</Ho></TenKhac>')),
  });
  const guess = { personalId, fullName: 'Nguyễn Thị Thu Đào' };
  t.match(await failureOf(t, invoke(adapter, lookup, guess)), { failure: 'malformed' });
});

t.test('a person beside empty elements', async (t) => {
  const { server, adapter } = await setUp(t, send({}));
  server.respond = send({ body: lookupAnswer('<ThongBao/>', personXml, '<MaLoi> </MaLoi>') });
  t.strictSame(await invoke(adapter, lookup, { personalId }), { found: true, data: person });
  for (const content of [
    '<ThongBao/>',
    '<CongDan/>',
    `${personXml}<CongDan/>`,
    `${personXml}<MaLoi>503</MaLoi>`,
  ]) {
    server.respond = send({ body: lookupAnswer(content) });
    t.match(await failureOf(t, invoke(adapter, lookup, { personalId })), { failure: 'malformed' }, content);
  }
});

t.test('the id of our own request beside an answer, and nobody else’s', async (t) => {
  const { server, adapter } = await setUp(t, send({}));
  const answers: [operation: string, request: object, body: string, answer: object][] = [
    [lookup, { personalId }, lookupAnswer(), { found: false }],
    [
      verify,
      { personalId, fullName: 'Nguyễn Thị Thu Đào', birthDate: '1990-05-17' },
      verifyAnswer('true'),
      { found: true, data: { match: true } },
    ],
  ];
  for (const [operation, request, body, answer] of answers) {
    const beside = (id: string) =>
      send({ body: body.replace(/<\/\w*:?\w+Response>/, `<MaYeuCau>${id}</MaYeuCau>$&`) });
    for (const id of [requestId, `\n  ${requestId}\n`]) {
      server.respond = beside(id);
      t.strictSame(await invoke(adapter, operation, request), answer, id);
    }
    for (const id of [requestId.replace(/.$/, '2'), 'Hệ thống đang bảo trì']) {
      server.respond = beside(id);
      t.match(await failureOf(t, invoke(adapter, operation, request)), { failure: 'malformed' }, id);
    }
  }
});

t.test('an element that is there twice, and empty each time', async (t) => {
  const { server, adapter } = await setUp(t, send({}));
  const { religion, spouse, ...rest } = person;
  const [religious, married] = [/<TonGiao>.*<\/TonGiao>/, /<VoChong>.*<\/VoChong>/];
  for (const twice of ['<TonGiao/><TonGiao/>', '<TonGiao/><TonGiao> </TonGiao><TonGiao/>']) {
    const xml = personXml
      .replace(religious, twice)
      .replace(married, '<VoChong/><VoChong><HoVaTen/></VoChong>');
    server.respond = send({ body: lookupAnswer(xml) });
    t.strictSame(await invoke(adapter, lookup, { personalId }), { found: true, data: rest }, twice);
  }
  for (const twice of ['<TonGiao/><TonGiao>00</TonGiao>', '<TonGiao>00</TonGiao><TonGiao/>']) {
    server.respond = send({ body: lookupAnswer(personXml.replace(religious, twice)) });
    t.match(await failureOf(t, invoke(adapter, lookup, { personalId })), { failure: 'malformed' }, twice);
  }
});

t.test('codes with a padded zero', async (t) => {
  const xml = personXml
    .replace('<GioiTinh>2', '<GioiTinh>02')
    .replace('<TinhTrangHonNhan>2', '<TinhTrangHonNhan>02');
  const { adapter } = await setUp(t, send({ body: lookupAnswer(xml) }));
  t.strictSame(await invoke(adapter, lookup, { personalId }), { found: true, data: person });
});

t.test('a year of birth beside the day', async (t) => {
  const { server, adapter } = await setUp(t, send({}));
  const withYear = (year: string) =>
    send({ body: lookupAnswer(personXml.replace('</NgayThangNam>', `$&<Nam>${year}</Nam>`)) });
  for (const year of ['1990', '']) {
    server.respond = withYear(year);
    t.strictSame(await invoke(adapter, lookup, { personalId }), { found: true, data: person }, year);
  }
  // Whatever is asked for: it must not show which of the two is right.
  server.respond = withYear('1991');
  for (const birthDate of [undefined, '1990-05-17', '1990', '1991', '1992-05-17']) {
    const answer = invoke(adapter, lookup, { personalId, ...(birthDate && { birthDate }) });
    t.match(await failureOf(t, answer), { failure: 'malformed' }, `${birthDate}`);
  }
});

t.test('a verdict as tools for SOAP write it', async (t) => {
  const { server, adapter } = await setUp(t, send({}));
  const request = { personalId, fullName: 'Nguyễn Thị Thu Đào', birthDate: '1990-05-17' };
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  for (const verdict of [
    `<TonTai ${xsi} xsi:type="xsd:boolean">false</TonTai>`,
    `<TonTai>false</TonTai><MaLoi ${xsi} xsi:nil="true"/><ThongBao> </ThongBao>`,
    '<TonTai>0</TonTai>',
    '<TraceId>abc-1</TraceId><TonTai>false</TonTai>',
  ]) {
    server.respond = send({ body: verifyAnswer('x').replace('<TonTai>x</TonTai>', verdict) });
    t.strictSame(await invoke(adapter, verify, request), { found: true, data: { match: false } }, verdict);
  }
  server.respond = send({ body: verifyAnswer(' 1 ') });
  t.strictSame(await invoke(adapter, verify, request), { found: true, data: { match: true } });
  for (const verdict of [
    `<TonTai ${xsi} xsi:nil="true">false</TonTai>`,
    `<TonTai ${xsi} xsi:type="Loi">false</TonTai>`,
    '<TonTai>false</TonTai><Loi maLoi="503"/>',
    '<TonTai>false</TonTai><MaLoi>0</MaLoi>',
  ]) {
    server.respond = send({ body: verifyAnswer('x').replace('<TonTai>x</TonTai>', verdict) });
    t.match(await failureOf(t, invoke(adapter, verify, request)), { failure: 'malformed' }, verdict);
  }
});

t.test('a record with the year of birth only', async (t) => {
  const born = '<NgayThangNamSinh><Nam>1990</Nam></NgayThangNamSinh>';
  const xml = personXml.replace(/<NgayThangNamSinh>.*<\/NgayThangNamSinh>/, born);
  const { adapter } = await setUp(t, send({ body: lookupAnswer(xml) }));
  t.match(await invoke(adapter, lookup, { personalId }), { data: { birthDate: '1990' } });
  t.match(await invoke(adapter, lookup, { personalId, birthDate: '1990' }), { found: true });
  // The registry cannot say that the day is another.
  t.match(await invoke(adapter, lookup, { personalId, birthDate: '1990-05-17' }), {
    data: { birthDate: '1990' },
  });
  for (const birthDate of ['1991', '1991-05-17'])
    t.strictSame(await invoke(adapter, lookup, { personalId, birthDate }), { found: false }, birthDate);
});

t.test('a day of birth, and a registry that compares it itself', async (t) => {
  const born = /<NgayThangNamSinh>.*<\/NgayThangNamSinh>/;
  const asked = (body: string) => /<NgayThangNamSinh>(.*)<\/NgayThangNamSinh>/.exec(body)?.[1];
  const { server, adapter } = await setUp(t, send({}));
  const year = '<NgayThangNamSinh><Nam>1990</Nam></NgayThangNamSinh>';
  const day = '<NgayThangNamSinh><NgayThangNam>19900517</NgayThangNam></NgayThangNamSinh>';
  const cases: [what: string, record: string, birthDate: string, found: boolean, questions: number][] = [
    ['a year is known', year, '1990-05-17', true, 2],
    ['another year is known', year, '1991-05-17', false, 2],
    ['the day is known', day, '1990-05-17', true, 1],
    ['another day is known', day, '1990-05-18', false, 2],
    ['a day of another year is known', day, '1991-05-17', false, 2],
    ['a year is asked for', year, '1991', false, 1],
  ];
  for (const [what, has, birthDate, found, questions] of cases) {
    server.received.length = 0;
    server.respond = (response, received) => {
      const [given = ''] = /\d+/.exec(asked(received.body) ?? '') ?? [];
      const known = /\d+/.exec(has)![0];
      const isFound = given.length === 4 ? known.startsWith(given) : known === given;
      const body = isFound ? lookupAnswer(personXml.replace(born, has)) : lookupAnswer();
      send({ body })(response, received);
    };
    t.match(await invoke(adapter, lookup, { personalId, birthDate }), { found }, what);
    t.equal(server.received.length, questions, what);
  }
  server.received.length = 0;
  server.respond = send({ body: lookupAnswer() });
  t.strictSame(await invoke(adapter, lookup, { personalId, birthDate: '1990-05-17' }), { found: false });
  t.equal(server.received.length, 2, 'of nobody the same is asked');

  // How long it takes says nothing of somebody who is there: outside the scope, of another name, or unreadable.
  const there = personXml.replace(born, day);
  const others: [what: string, record: string, more: object, within?: Within][] = [
    ['outside', there, {}, { provinceCode: ['99'] }],
    ['outside and unreadable', there.replace('<GioiTinh>2', '<GioiTinh>9'), {}, { provinceCode: ['99'] }],
    ['of another name', there, { fullName: 'Nguyễn Văn Khác' }],
    ['unreadable', there.replace('<GioiTinh>2', '<GioiTinh>9'), {}],
  ];
  for (const [what, record, more, within] of others) {
    server.received.length = 0;
    server.respond = send({ body: lookupAnswer(record) });
    const request = { personalId, birthDate: '1990-05-17', ...more };
    const answer = invoke(adapter, lookup, request, callOf(undefined, within && { within }));
    if (what === 'unreadable') t.match(await failureOf(t, answer), { failure: 'malformed' });
    else t.strictSame(await answer, { found: false }, what);
    t.equal(server.received.length, 2, what);
  }

  // Nothing but the birth date of somebody who was born on another day: what else is wrong must not show.
  server.respond = (response, received) => {
    const isYear = asked(received.body)?.startsWith('<Nam>');
    const broken = personXml.replace('<GioiTinh>2', '<GioiTinh>9');
    send({ body: isYear ? lookupAnswer(broken) : lookupAnswer() })(response, received);
  };
  t.strictSame(await invoke(adapter, lookup, { personalId, birthDate: '1990-05-18' }), { found: false });
});

t.test('a day of birth, and a question by the year that names nobody', async (t) => {
  const { server, adapter } = await setUp(t, send({}));
  const { identityCardNumber } = person;
  const born = /<NgayThangNamSinh>.*<\/NgayThangNamSinh>/;
  const other = personXml.replace('001190000019', '001190000027').replace('19900517', '19900606');
  const ofYear = personXml.replace(born, '<NgayThangNamSinh><Nam>1990</Nam></NgayThangNamSinh>');
  const byYear = (year: Respond): Respond => {
    return (response, received) => {
      const isYear = received.body.includes('<Nam>');
      (isYear ? year : send({ body: lookupAnswer() }))(response, received);
    };
  };
  // What is known of several persons must not show, neither by the answer nor by how many questions it took.
  const standing: [what: string, year: Respond][] = [
    ['nobody of the year', send({ body: lookupAnswer() })],
    ['two persons who share a card', send({ body: lookupAnswer(personXml, other) })],
    ['two persons, and of one the year alone', send({ body: lookupAnswer(ofYear, other) })],
    ['a registry that takes no year', send({ status: 500, body: fault('007') })],
    ['a registry that takes no year of this officer', send({ status: 500, body: fault('005') })],
  ];
  for (const [what, year] of standing) {
    server.received.length = 0;
    server.respond = byYear(year);
    const request = { identityCardNumber, birthDate: '1990-07-07' };
    t.strictSame(await invoke(adapter, lookup, request), { found: false }, what);
    t.equal(server.received.length, 2, what);
  }

  // Nobody knows whether there is somebody of the year: that is no denial.
  const failing: [what: string, year: Respond, failure: string][] = [
    ['a server in trouble', send({ status: 503, body: '' }), 'failed'],
    ['a registry that is overloaded', send({ status: 429, body: '' }), 'unavailable'],
    ['a fault of the server', send({ status: 500, body: fault() }), 'failed'],
    ['credentials that ended', send({ status: 401, body: '' }), 'refused'],
    ['a message', send({ body: lookupAnswer('Hệ thống đang bảo trì') }), 'malformed'],
    ['a page', send({ body: '<html>Hệ thống đang bảo trì</html>' }), 'malformed'],
    [
      'a broken record of the year',
      send({ body: lookupAnswer(ofYear.replace('<GioiTinh>2', '<GioiTinh>9')) }),
      'malformed',
    ],
  ];
  for (const [what, year, failure] of failing) {
    server.respond = byYear(year);
    const answer = invoke(adapter, lookup, { identityCardNumber, birthDate: '1990-07-07' });
    t.match(await failureOf(t, answer), { failure }, what);
  }

  // By the day itself several persons are an answer that nobody can use.
  server.respond = send({ body: lookupAnswer(personXml, other) });
  const answer = invoke(adapter, lookup, { identityCardNumber, birthDate: '1990-05-17' });
  t.match(await failureOf(t, answer), { failure: 'malformed' });
});

t.test(
  'a record that cannot be compared is malformed for every question: not absent, and no hint',
  async (t) => {
    const { server, adapter } = await setUp(t, send({}));
    const name = /<HoVaTen><Ho>.*<\/Ten><\/HoVaTen>/;
    const born = /<NgayThangNamSinh>.*<\/NgayThangNamSinh>/;
    const records: readonly [string, object[]][] = [
      [personXml.replace(born, ''), [{ birthDate: '1990-05-17' }, { birthDate: '1991' }]],
      [personXml.replace(born, '<NgayThangNamSinh/>'), [{ birthDate: '1990' }]],
      ...['Không rõ', '90', '1990?'].map((year): [string, object[]] => [
        personXml.replace(born, `<NgayThangNamSinh><Nam>${year}</Nam></NgayThangNamSinh>`),
        [{ birthDate: '1990' }, { birthDate: '1991' }, { birthDate: '1990-05-17' }],
      ]),
      [
        personXml.replace(born, '<NgayThangNamSinh><Ngay>17</Ngay></NgayThangNamSinh>'),
        [{ birthDate: '1990' }],
      ],
      [
        personXml.replace('ChuDem>', 'TenDem>').replace('/ChuDem', '/TenDem'),
        [{ fullName: 'Nguyễn Thị Thu Đào' }, { fullName: 'Nguyễn Đào' }, { fullName: 'Ai khác' }],
      ],
      [personXml.replace(name, '<HoVaTen/>'), [{ fullName: 'Nguyễn Thị Thu Đào' }]],
    ];
    for (const [xml, requests] of records) {
      server.respond = send({ body: lookupAnswer(xml) });
      for (const criteria of requests) {
        const error = await failureOf(t, invoke(adapter, lookup, { personalId, ...criteria }));
        t.equal(error.failure, 'malformed', JSON.stringify(criteria));
      }
    }
  },
);

t.test(
  'a person in another country is outside; an address that is not understood is undecided',
  async (t) => {
    const { server, adapter } = await setUp(t, send({}));
    const residence = /<ThuongTru>[\s\S]*<\/ThuongTru>/;
    const places: readonly [string, object][] = [
      ['<ThuongTru><ChiTiet>Paris</ChiTiet><QuocGia>FR</QuocGia></ThuongTru>', { undecided: undefined }],
      ['<ThuongTru><MaTinhThanh>48</MaTinhThanh></ThuongTru>', { undecided: undefined }],
      ['', { undecided: 1 }],
      ['<ThuongTru/>', { undecided: 1 }],
      ['<ThuongTru><MaTinhThanh/><QuocGia>VN</QuocGia></ThuongTru>', { undecided: 1 }],
      // A number that has lost its zero.
      ['<ThuongTru><MaTinhThanh>1</MaTinhThanh></ThuongTru>', { undecided: 1 }],
      ['<ThuongTru><MaTinhThanh>Hà Nội</MaTinhThanh></ThuongTru>', { undecided: 1 }],
      ['<NoiThuongTru><MaTinhThanh>01</MaTinhThanh></NoiThuongTru>', { undecided: 1 }],
    ];
    const call = callOf(undefined, { within: { provinceCode: ['01'] } });
    for (const [xml, expected] of places) {
      server.respond = send({ body: lookupAnswer(personXml.replace(residence, xml)) });
      t.match(await invoke(adapter, lookup, { personalId }, call), { found: false, ...expected }, xml);
    }
  },
);

t.test('elements with prefixes and CDATA, empty groups', async (t) => {
  const xml = `<d:CongDan xmlns:d="http://www.mic.gov.vn/dancu/1.0"><d:SoDinhDanh>${personalId}</d:SoDinhDanh>
    <d:HoVaTen><d:Ho/><d:Ten><![CDATA[ Đ<&>o ]]></d:Ten></d:HoVaTen><d:Cha><d:HoVaTen/></d:Cha><d:ThuongTru/></d:CongDan>`;
  const { adapter } = await setUp(t, send({ body: lookupAnswer(xml) }));
  const data = { personalId, fullName: { givenName: 'Đ<&>o' } };
  t.strictSame(await invoke(adapter, lookup, { personalId }), { found: true, data });
});

t.test('verify', async (t) => {
  const { server, adapter } = await setUp(t, send({ body: verifyAnswer('true') }));
  const request = { personalId, fullName: 'Nguyễn Thị Thu Đào', birthDate: '1990-05-17' };
  t.strictSame(await invoke(adapter, verify, request), { found: true, data: { match: true } });
  t.match(server.received[0], {
    headers: { soapaction: '"http://dancuquocgia.bca/XacThucThongTinCongDan"' },
    body: '<MaTichHop>038</MaTichHop>',
  });
  t.strictSame(
    await invoke(adapter, verify, { ...request, fullName: '李明' }),
    { found: true, data: { match: false } },
    'a name that cannot be compared is not asked for',
  );
  t.equal(server.received.length, 1);
  server.respond = send({ body: verifyAnswer(' false ') });
  t.strictSame(await invoke(adapter, verify, request), { found: true, data: { match: false } });
  const beside = (match: string) =>
    verifyAnswer(match).replace('</TonTai>', '</TonTai><ThongBao>Hệ thống đang bảo trì</ThongBao>');
  const wrong = ['', '2', '01', 'True', '<a/>', 'Hệ thống đang bảo trì'].map(verifyAnswer);
  for (const body of [
    ...wrong,
    // "false" is what a service says first that could not look.
    beside('false'),
    beside('true'),
    verifyAnswer('false').replace('<TonTai>', '<TonTai maLoi="503">'),
    verifyAnswer('false</TonTai><TonTai>false'),
    verifyAnswer('false').replace('<TonTai>', '<TonTai xmlns="http://example.org">'),
  ]) {
    server.respond = send({ body });
    t.equal((await failureOf(t, invoke(adapter, verify, request))).failure, 'malformed', body);
  }
});

t.test('faults', async (t) => {
  const { server, adapter } = await setUp(t, send({}));
  const cases = [
    [fault('004'), 'refused', 'procedure_not_licensed'],
    [fault('005'), 'refused', 'officer_not_permitted'],
    [fault('999'), 'refused', 'request_refused'],
    [fault('constructor'), 'refused', 'request_refused'],
    [fault(), 'failed', undefined],
    ['Internal Server Error', 'failed', undefined],
  ] as const;
  for (const [body, failure, reason] of cases) {
    server.respond = send({ status: 500, body });
    const error = await failureOf(t, invoke(adapter, lookup, { personalId }));
    t.strictSame({ failure: error.failure, reason: error.reason }, { failure, reason });
    t.notMatch(JSON.stringify([error, error.message, error.cause]), 'Cán bộ A');
  }
  server.respond = send({ status: 200, body: fault('005') });
  t.match(await failureOf(t, invoke(adapter, lookup, { personalId })), { failure: 'refused' });
  server.respond = send({ status: 500, body: lookupAnswer(personXml) });
  t.match(await failureOf(t, invoke(adapter, lookup, { personalId })), { failure: 'failed' });
});

t.test('the signature changes with the second, in the time of Việt Nam', async (t) => {
  const sign = createSigner({ url: 'http://x/', user: 'u', secret: 's', apiKey: 'k', roadClient: 'c' });
  const midnight = Date.parse('2026-01-31T17:00:00Z');
  const first = sign(midnight);
  t.equal(first[3], '20260201000000');
  t.equal(sign(midnight + 999), first, 'computed once');
  t.not(sign(midnight + 1000)[1], first[1]);
});
