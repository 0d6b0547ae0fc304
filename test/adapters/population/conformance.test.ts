import { createPopulationAdapter } from '../../../adapters/population/adapter.ts';
import { population } from '../../../adapters/population/config.ts';
import { testAdapter } from '../../conformance/adapter.ts';
import { COLLECTION, envelope, fault, lookupAnswer, person, personXml } from './fixture.ts';

const MESSAGE = 'Hệ thống đang bảo trì';

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
/** An empty collection with an attribute. */
const withAttribute = (attribute: string) =>
  lookupAnswer().replace('<CongdanCollection ', `<CongdanCollection xmlns:xsi="${XSI}" ${attribute} `);

testAdapter({
  registry: 'population',
  offer: population.offer,
  operation: 'population.person.lookup',
  request: { personalId: person.personalId },
  create: (url, options) =>
    createPopulationAdapter(
      { url: `${url}/soap`, user: 'u', secret: 's', apiKey: 'k', roadClient: 'c' },
      options,
    ),
  found: { body: lookupAnswer(personXml) },
  data: person,
  absent: [
    { body: lookupAnswer() },
    { body: lookupAnswer('\n  ') },
    { body: lookupAnswer('<!-- không có -->') },
    {
      body: envelope(
        `\n<r:TraCuuThongTinCongDanResponse xmlns:r="http://dancuquocgia.bca">
          <c:CongdanCollection xmlns:c="${COLLECTION}"/>\n</r:TraCuuThongTinCongDanResponse>\n`,
      ),
    },
    // What those on the way put into an envelope: of X-Road, and of who signs bodies.
    { body: lookupAnswer().replace('<S:Header/>', '') },
    { body: lookupAnswer().replace('<S:Header/>', '<S:Header><x:id xmlns:x="urn:x">1</x:id></S:Header>') },
    { body: lookupAnswer().replace('<S:Body>', '<S:Body id="body">') },
    // What tools for SOAP write beside an empty list.
    {
      body: lookupAnswer().replace(
        '</ns2:',
        '<ThongBao/><MaLoi xsi:nil="true" xmlns:xsi="'.concat(XSI, '"/>$&'),
      ),
    },
    { body: lookupAnswer().replace('</ns2:', '<KetQua><MaLoi> </MaLoi></KetQua>$&') },
    { body: lookupAnswer().replace('</ns2:', '<TraceId>abc-1</TraceId>$&') },
    { body: lookupAnswer().replace('</ns2:', '<x:request_id xmlns:x="urn:x"> 17 </x:request_id>$&') },
    { body: lookupAnswer().replace('</ns2:', '<Timestamp>2026-11-30 10:00:00</Timestamp>$&') },
    { body: withAttribute('xsi:type="CongdanCollection"') },
    { body: withAttribute('xsi:nil="false" xsi:schemaLocation="urn:x x.xsd"') },
  ],
  refused: { status: 500, body: fault('004') },
  wrong: {
    'another record': { body: lookupAnswer(personXml.replace('001190000019', '001190000027')) },
    'two records': { body: lookupAnswer(personXml, personXml) },
    'a record without a number': { body: lookupAnswer('<CongDan><DanToc>01</DanToc></CongDan>') },
    'a record without a name': {
      body: lookupAnswer('<CongDan><SoDinhDanh>001190000019</SoDinhDanh></CongDan>'),
    },
    'a code that nobody knows': {
      body: lookupAnswer(personXml.replace('<GioiTinh>2<', '<GioiTinh>9<')),
    },
    'a field twice': { body: lookupAnswer(personXml.replace('<DanToc>', '<DanToc>01</DanToc><DanToc>')) },
    'elements where there should be text': {
      body: lookupAnswer(personXml.replace('<DanToc>01<', '<DanToc><Ma>01</Ma><')),
    },
    'text where there should be elements': {
      body: lookupAnswer(personXml.replace(/<HoVaTen><Ho>.*<\/Ten><\/HoVaTen>/, '<HoVaTen>A</HoVaTen>')),
    },
    'another namespace of the records': {
      body: lookupAnswer(personXml).replace('dancu/1.0', 'dancu/2.0'),
    },
    'another namespace of the service': {
      body: lookupAnswer(personXml).replace('dancuquocgia.bca', 'example.org'),
    },
    'another version of SOAP': {
      body: lookupAnswer(personXml).replace(
        'http://schemas.xmlsoap.org/soap/envelope/',
        'http://www.w3.org/2003/05/soap-envelope',
      ),
    },
    'an entity declaration': {
      body: lookupAnswer(personXml.replace('Thị Thu', '&x;')).replace(
        '?>',
        '?><!DOCTYPE x [<!ENTITY x "Thị Thu">]>',
      ),
    },
    'an entity that is not predefined': { body: lookupAnswer(personXml.replace('Thị Thu', '&nbsp;')) },
    'a person beside a message': { body: lookupAnswer(`${MESSAGE}${personXml}`) },
    'a person in an unknown element': { body: lookupAnswer(`<DanhSach>${personXml}</DanhSach>`) },
  },
  notUnderstood: {
    'a message in the place of persons': { body: lookupAnswer(MESSAGE) },
    'the same in CDATA': { body: lookupAnswer(`<![CDATA[${MESSAGE}]]>`) },
    'a message as an element': { body: lookupAnswer(`<ThongBao>${MESSAGE}</ThongBao>`) },
    'an empty collection beside a message': {
      body: lookupAnswer().replace(
        '</ns2:',
        `<ThongBao xmlns="http://dancuquocgia.bca">${MESSAGE}</ThongBao></ns2:`,
      ),
    },
    'an empty collection beside a message for an id': {
      body: lookupAnswer().replace('</ns2:', `<TraceId>${MESSAGE}</TraceId>$&`),
    },
    'an empty collection beside an id with an error in an attribute': {
      body: lookupAnswer().replace('</ns2:', '<TraceId maLoi="503">a1</TraceId>$&'),
    },
    'an empty collection beside an id in an element': {
      body: lookupAnswer().replace('</ns2:', '<TraceId><Id>a1</Id></TraceId>$&'),
    },
    'an empty collection beside what is no id of the call': {
      body: lookupAnswer().replace('</ns2:', '<MaLoi>503</MaLoi>$&'),
    },
    'an empty collection beside the id of another request': {
      body: lookupAnswer().replace('</ns2:', '<MaYeuCau>another</MaYeuCau>$&'),
    },
    'an empty collection with an error in an attribute': {
      body: lookupAnswer().replace('<CongdanCollection ', '<CongdanCollection maLoi="503" '),
    },
    'an empty collection in an answer with an error in an attribute': {
      body: lookupAnswer().replace('Response ', 'Response maLoi="503" '),
    },
    'an empty collection in an envelope with a message': {
      body: lookupAnswer().replace('</S:Body>', `$&<ThongBao>${MESSAGE}</ThongBao>`),
    },
    'a collection that is null': { body: withAttribute('xsi:nil="true"') },
    'a collection of another type': { body: withAttribute('xsi:type="LoiHeThong"') },
    'an attribute that only looks like one of XML Schema': {
      body: withAttribute('y:nil="false" xmlns:y="urn:y"'),
    },
    'an empty collection beside an error in an attribute': {
      body: lookupAnswer().replace('</ns2:', '<KetQua maLoi="503"/>$&'),
    },
    'an empty collection beside one that is null and in error': {
      body: lookupAnswer().replace('</ns2:', `<KetQua xmlns:xsi="${XSI}" xsi:nil="true" maLoi="503"/>$&`),
    },
    'two bodies': { body: lookupAnswer().replace(/<S:Body>.*<\/S:Body>/, '$&$&') },
    'an empty collection of another namespace': { body: lookupAnswer().replace('dancu/1.0', 'dancu/2.0') },
    'two empty collections': {
      body: lookupAnswer().replace(/<CongdanCollection.*<\/CongdanCollection>/, '$&$&'),
    },
    'no collection': {
      body: lookupAnswer().replace(/<CongdanCollection.*<\/CongdanCollection>/, ''),
    },
    'a page of a proxy': { headers: { 'content-type': 'text/html' }, body: `<html>${MESSAGE}</html>` },
    'something else than a person': { body: lookupAnswer('<ConMeo/>') },
    'the answer of another operation': {
      body: envelope(
        '<XacThucThongTinCongDanResponse xmlns="http://dancuquocgia.bca"><TonTai>true</TonTai></XacThucThongTinCongDanResponse>',
      ),
    },
    'an empty body': { body: envelope('') },
    'two answers': { body: envelope('<a/><b/>') },
    'text so deep that it could overflow a stack': {
      body: lookupAnswer('<a>'.repeat(10_000) + '</a>'.repeat(10_000)),
    },
  },
  scope: { inside: { provinceCode: ['79', '01'] }, outside: { provinceCode: ['79'] } },
  requestIdOf: ({ body }) => /<MaYeuCau>(.*)<\/MaYeuCau>/.exec(body)?.[1],
});
