/** Every entry of a catalogue has an effect, or is an error at its own line; a cause is reported before its consequences. */
import t, { type Test } from 'tap';
import { formatFinding } from '../../../gateway/catalog/read/catalog-error.ts';
import { copyContracts, type Edits, findingsIn } from '../../support/contracts.ts';

type Json = Record<string, unknown>;

const tax = 'contracts/agreements/G12-thue-tax.yaml';
const streams = 'contracts/agreements/G12-thue-tax-streams.yaml';
const registrations = 'contracts/agreements/H26-motcua-registrations.yaml';
const provider = 'contracts/agreements/G13-datdai-provider.yaml';
const publish = 'contracts/services/business.changes.publish.v1.yaml';
const lookup = 'contracts/services/business.enterprise.lookup.v1.yaml';

const put = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to);
const inSchema = (
  file: string,
  change: (schema: { properties: Record<string, Json> } & Json) => void,
): Edits => ({
  [`schemas/${file}`]: (text) => {
    const schema = JSON.parse(text);
    change(schema);
    return JSON.stringify(schema, null, 2);
  },
});
const field = (schema: Json, ...path: string[]) =>
  path.reduce((node, name) => (node.properties as Record<string, Json>)[name]!, schema);

async function linesOf(test: Test, edits: Edits): Promise<string[]> {
  return (await findingsIn(await copyContracts(test, edits))).map(formatFinding);
}

t.test('a value of a scope is one that the records can have', async (t) => {
  const scope = (values: string) => ({ [registrations]: put('["01"]', values) });
  const refused = (value: string) =>
    new RegExp(
      `^agreements/H26-motcua-registrations\\.yaml:16: no record has provinceCode "${value}": it must match format "`,
    );
  for (const [what, edits, expected] of [
    ['a digit', scope('["1"]'), refused('1')],
    ['typographic quotes', scope('[“01”]'), refused('“01”')],
    ['no province', scope('["99"]'), refused('99')],
    ['a wildcard', scope('["0*"]'), refused('0\\*')],
    ['blanks', scope('[" 01"]'), refused(' 01')],
    ['the second of two', scope('["01", "99"]'), refused('99')],
    ['a province of before, where only those of today are', scope('["30"]'), refused('30')],
    [
      'of a service by itself',
      {
        [tax]: put(
          'fields: [/personalId, /fullName]',
          'fields: [/personalId, /fullName]\n    scope: { provinceCode: ["1"] }',
        ),
      },
      /^agreements\/G12-thue-tax\.yaml:19: no record has provinceCode "1"/,
    ],
    [
      'of a stream',
      { [streams]: put('streams:', 'scope: { provinceCode: ["0*"] }\nstreams:') },
      /^agreements\/G12-thue-tax-streams\.yaml:\d+: no record has provinceCode "0\*"/,
    ],
    [
      'of a publisher',
      { [provider]: put('services:', 'scope: { provinceCode: ["99"] }\nservices:') },
      /^agreements\/G13-datdai-provider\.yaml:\d+: no record has provinceCode "99"/,
    ],
    [
      'a dimension that no entity of a publisher has',
      { [provider]: put('services:', 'scope: { planet: ["3"] }\nservices:') },
      /^agreements\/G13-datdai-provider\.yaml:\d+: records here have no scope dimension planet/,
    ],
    [
      'a pattern',
      {
        ...inSchema('enterprise.schema.json', (schema) =>
          Object.assign(field(schema, 'importedBusinessCode'), {
            pattern: '^[A-Z]{3}$',
            'x-scope': 'series',
          }),
        ),
        [streams]: put('streams:', 'scope: { series: ["abc"] }\nstreams:'),
      },
      /no record has series "abc": it must match pattern/,
    ],
    [
      'a longest length',
      {
        ...inSchema('enterprise.schema.json', (schema) =>
          Object.assign(field(schema, 'importedBusinessCode'), { maxLength: 2, 'x-scope': 'series' }),
        ),
        [streams]: put('streams:', 'scope: { series: ["abc"] }\nstreams:'),
      },
      /no record has series "abc": it must NOT have more than 2 characters$/,
    ],
    [
      'a scope of which every entry has its own',
      {
        [registrations]: (text: string) =>
          text
            .replace('["01"]', '["99"]')
            .replaceAll(/( +)fields:/g, '$1scope: { provinceCode: ["01"] }\n$1fields:'),
      },
      /:16: restricts nothing: every service and stream has a scope of its own$/,
    ],
    [
      'an enumeration',
      {
        ...inSchema('enterprise.schema.json', (schema) =>
          Object.assign(field(schema, 'status'), { 'x-scope': 'status' }),
        ),
        [streams]: put('streams:', 'scope: { status: [actve] }\nstreams:'),
      },
      /no record has status "actve": it must be equal to one of the allowed values/,
    ],
  ] as const) {
    const found = await linesOf(t, edits);
    t.ok(
      found.some((line) => expected.test(line)),
      `${what}: ${found.join('; ')}`,
    );
    t.notOk(
      found.some((line) => /there is no/.test(line)),
      `${what}: nothing follows`,
    );
  }
  t.same(await linesOf(t, scope('["01", "79"]')), []);
  t.same(
    await linesOf(t, {
      [streams]: put(/(stream: business.*\n.*)/, '$1\n    scope: { provinceCode: ["30"] }'),
    }),
    [],
    'of a field that keeps former codes',
  );
});

t.test('a keyword without effect in a schema is an error at its line', async (t) => {
  const enterprise = (change: (schema: Json) => void) => inSchema('enterprise.schema.json', change);
  for (const [what, edits, expected] of [
    [
      'x-scope in a list',
      enterprise((schema) => {
        (field(schema, 'activities').items as { properties: Record<string, Json> }).properties.code![
          'x-scope'
        ] = 'line';
      }),
      /x-scope under the items of a list \(\/activities\/\*\/code\) decides nothing/,
    ],
    [
      'x-scope of two fields',
      enterprise((schema) => {
        field(schema, 'headOffice', 'communeCode')['x-scope'] = 'provinceCode';
      }),
      /x-scope provinceCode stands at \/headOffice\/provinceCode and at \/headOffice\/communeCode/,
    ],
    [
      'x-scope of an object',
      enterprise((schema) => {
        field(schema, 'headOffice')['x-scope'] = 'office';
      }),
      /x-scope has an effect on a single text only/,
    ],
    [
      'x-scope of a number',
      enterprise((schema) => {
        field(schema, 'numberOfChanges')['x-scope'] = 'n';
      }),
      /x-scope has an effect on a single text only/,
    ],
    [
      'x-within of no dimension',
      enterprise((schema) => {
        field(schema, 'headOffice', 'communeCode')['x-within'] = 'planet';
      }),
      /x-within names planet, which no field of the record has as its x-scope/,
    ],
    [
      'x-name-of what is no code of a place',
      enterprise((schema) => {
        field(schema, 'headOffice', 'communeName')['x-name-of'] = 'street';
      }),
      /x-name-of names street, which is no code of a province or a commune beside it/,
    ],
    [
      'x-within in a list',
      enterprise((schema) => {
        (field(schema, 'activities').items as { properties: Record<string, Json> }).properties.code![
          'x-within'
        ] = 'provinceCode';
      }),
      /x-within has an effect on a single text only/,
    ],
    [
      'an unknown format',
      enterprise((schema) => {
        field(schema, 'foundingDate').format = 'data';
      }),
      /unknown format "data": nothing would be checked; known are agency-code, /,
    ],
    [
      'a format of another type',
      enterprise((schema) => {
        field(schema, 'numberOfChanges').format = 'date';
      }),
      /format "date" is one of texts: on type integer nothing would be checked/,
    ],
    [
      'an unknown keyword',
      enterprise((schema) => {
        field(schema, 'name').maxLenght = 5;
      }),
      /unknown keyword "maxLenght": did you mean "maxLength"\?/,
    ],
    [
      'an annotation with another value',
      enterprise((schema) => {
        field(schema, 'name')['x-sensitivity'] = 'secret';
      }),
      /"x-sensitivity" must be equal to one of the allowed values: public, internal, basic, sensitive/,
    ],
    [
      'no JSON Schema',
      enterprise((schema) => {
        field(schema, 'name').type = 'strin';
      }),
      /type must be equal to one of the allowed values/,
    ],
    [
      'another dialect',
      enterprise((schema) => {
        schema.$schema = 'http://json-schema.org/draft-07/schema#';
      }),
      /\$schema must be https:\/\/json-schema\.org\/draft\/2020-12\/schema/,
    ],
    [
      'a reference to nowhere',
      enterprise((schema) => {
        (schema.properties as Json).branch = { $ref: 'brunch.schema.json', 'x-sensitivity': 'public' };
      }),
      /there is no schema brunch\.schema\.json/,
    ],
    [
      'a pointer to nowhere',
      enterprise((schema) => {
        (schema.properties as Json).branch = {
          $ref: 'address.schema.json#/$defs/x',
          'x-sensitivity': 'public',
        };
      }),
      /there is nothing at address\.schema\.json#\/\$defs\/x/,
    ],
    [
      'an anchor',
      enterprise((schema) => {
        (schema.properties as Json).branch = { $ref: '#x', 'x-sensitivity': 'public' };
      }),
      /\$ref must be a file name and a JSON Pointer/,
    ],
  ] as const) {
    const found = await linesOf(t, edits);
    t.match(found[0], /^schemas\/enterprise\.schema\.json:\d+: /, what);
    t.ok(found[0] && expected.test(found[0]), `${what}: ${found.join('; ')}`);
  }
  const criterion = inSchema('enterprise-search.request.schema.json', ({ properties }) => {
    properties.place = {
      type: 'object',
      'x-sensitivity': 'public',
      properties: { name: { type: 'string', 'x-criterion': '/*/name' } },
    };
  });
  t.match(await linesOf(t, criterion), [
    /^schemas\/enterprise-search\.request\.schema\.json:\d+: x-criterion has an effect at the properties of the request itself only/,
  ]);
  const unused: Edits = {
    'schemas/unused.schema.json': () => '{"$id":"unused.schema.json","type":"string","format":"personalid"}',
  };
  t.match(
    await linesOf(t, unused),
    [/^schemas\/unused\.schema\.json:1: unknown format "personalid"/],
    'also where no contract uses it',
  );
});

t.test('a check and a version that nothing holds to are errors too', async (t) => {
  const parcel = (change: (properties: Record<string, Json>) => void) =>
    inSchema('parcel.schema.json', ({ properties }) => change(properties));
  const cases: readonly (readonly [what: string, edits: Edits, expected: RegExp])[] = [
    [
      'shares of another name',
      parcel(({ owners }) => {
        owners!['x-shares-agree'] = 'share';
      }),
      /^schemas\/parcel\.schema\.json:\d+: x-shares-agree names share, which the items have not$/,
    ],
    [
      'a day of another name',
      inSchema('parcel.schema.json', (schema) => {
        (schema as unknown as Record<string, unknown>)['x-dates-in-order'] = ['validFrom', 'validTo'];
      }),
      /^schemas\/parcel\.schema\.json:\d+: x-dates-in-order names validTo, which is no property here$/,
    ],
    [
      'a version inside',
      parcel(({ owners }) => {
        field(owners!.items as Json, 'sharePercent')['x-version'] = true;
      }),
      /^schemas\/parcel\.schema\.json:\d+: x-version has an effect at a property of the record itself only$/,
    ],
    [
      'a version that is a list',
      parcel(({ owners }) => {
        owners!['x-version'] = true;
      }),
      /x-version has an effect at a property of the record itself only$/,
    ],
  ];
  for (const [what, edits, expected] of cases) t.match(await linesOf(t, edits), [expected], what);
});

t.test('the cause comes first, once, and what follows from it says so', async (t) => {
  for (const [what, edits, cause] of [
    [
      'a schema that cannot be read',
      { 'schemas/address.schema.json': put('"type": "object",', '"type": "object"') },
      /^schemas\/address\.schema\.json:\d+: Missing ,/,
    ],
    [
      'a schema with an error',
      { 'schemas/address.schema.json': put('"commune-code"', '"comune-code"') },
      /^schemas\/address\.schema\.json:\d+: unknown format "comune-code"/,
    ],
    [
      'what only the compiler finds',
      { 'schemas/address.schema.json': put(/"type": "string",\s*"pattern"/, '"pattern"') },
      /^schemas\/address\.schema\.json:\d+: missing type "string" for keyword "pattern"$/,
    ],
    [
      'a contract',
      { 'contracts/services/population.person.lookup.v1.yaml': put('deadline: 3s', 'deadline: soon') },
      /^services\/population\.person\.lookup\.v1\.yaml:\d+: /,
    ],
    [
      'an agency',
      { 'contracts/agencies/H26-hanoi.yaml': put('agency: H26', 'agency: H26: x') },
      /^agencies\/H26-hanoi\.yaml:\d+: /,
    ],
  ] as const) {
    const [first, ...others] = await linesOf(t, edits);
    t.ok(first && cause.test(first), `${what}: ${first}`);
    const following = others.filter((line) => !cause.test(line));
    t.ok(following.length > 0, `${what}: something follows`);
    for (const line of following) t.match(line, /^agreements\/.*: follows from the errors above$/, what);
  }
  const other = await linesOf(t, {
    'contracts/agencies/H26-hanoi.yaml': put('agency: H26', 'agency: H26: x'),
    [tax]: put('consumer: G12.thue', 'consumer: G99.nobody'),
  });
  t.match(
    other[1],
    /consumer "G99\.nobody" is neither a system nor an agency with systems$/,
    'what does not follow is an error of its own',
  );
});

t.test('a publish contract shows a state of each entity, by its schema', async (t) => {
  for (const [what, edits, expected] of [
    [
      'no examples',
      { [publish]: put(/examples:[\s\S]*$/, '') },
      /^services\/business\.changes\.publish\.v1\.yaml:22: no example publishes a state of enterprise/,
    ],
    [
      'examples without a state',
      {
        [publish]: put(
          /examples:[\s\S]*$/,
          'examples:\n  - request: { changes: [{ entity: enterprise, subject: "0109000015", version: 4, operation: deleted, occurredAt: "2026-03-02T09:15:00+07:00", changedFields: [] }] }\n    response: { accepted: 1, duplicates: 0 }\n',
        ),
      },
      /no example publishes a state of enterprise/,
    ],
    [
      'a state that breaks its schema',
      { [publish]: put('status: suspended', 'status: asleep') },
      /^services\/business\.changes\.publish\.v1\.yaml:\d+: example breaks the contract: \/status /,
    ],
    [
      'an entity of nobody',
      { [publish]: put('- entity: enterprise', '- entity: branch') },
      /example breaks the contract: branch is no entity of it/,
    ],
    [
      'another subject',
      { [publish]: put('subject: "0109000015"', 'subject: "0109000022"') },
      /example breaks the contract: subject is not the one of data/,
    ],
    [
      'a subject that a state may lack',
      inSchema('enterprise.schema.json', (schema) => {
        schema.required = ['name'];
      }),
      /\{enterpriseCode\} must be required by enterprise\.schema\.json/,
    ],
    [
      'entities of a contract that publishes nothing',
      {
        [lookup]: put(
          'errors: []',
          'errors: []\nentities: { x: { schema: enterprise.schema.json, subject: "{enterpriseCode}" } }',
        ),
      },
      /a publish contract names entities, and no other does/,
    ],
    [
      'an error that is none',
      { [lookup]: put('errors: []', 'errors: [not_fund]') },
      /there is no error not_fund/,
    ],
  ] as const) {
    const found = await linesOf(t, edits);
    t.ok(
      found.some((line) => expected.test(line)),
      `${what}: ${found.join('; ')}`,
    );
  }
});

t.test('a repetition in an agreement is an error', async (t) => {
  for (const [what, edits, expected] of [
    [
      'a field by two paths',
      { [tax]: put('[/personalId, /fullName]', '[/personalId, /fullName, /fullName/givenName]') },
      /^agreements\/G12-thue-tax\.yaml:18: field "\/fullName\/givenName" is granted twice/,
    ],
    [
      'an entity of a stream',
      {
        [streams]: (text: string) =>
          text.replace(/( {2}- stream: business\.changes\.read\n.*\n.*\n)/, '$1$1'),
      },
      /^agreements\/G12-thue-tax-streams\.yaml:\d+: enterprise of business\.changes\.read is granted twice/,
    ],
  ] as const) {
    const found = await linesOf(t, edits);
    t.ok(
      found.some((line) => expected.test(line)),
      `${what}: ${found.join('; ')}`,
    );
  }
});
