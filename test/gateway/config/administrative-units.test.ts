/** A list of units that holds nobody to anything is an error, and not a list. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../../../gateway/config/config.ts';

const land = JSON.stringify({ '01': { url: 'http://127.0.0.1:1', apiKey: 'x' } });

t.test('the file of administrative units has codes under the names that are read', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-units-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const file = join(directory, 'units.json');
  const complaint = async (content: unknown): Promise<string | undefined> => {
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    try {
      readConfig({ LAND_UPSTREAMS: land, ADMINISTRATIVE_UNITS_FILE: file });
      return undefined;
    } catch (error) {
      return String(error)
        .split('\n')
        .find((line) => line.includes('ADMINISTRATIVE_UNITS_FILE'));
    }
  };
  const sound = [{ Code: '01', Wards: [{ Code: '00004' }] }];
  t.equal(await complaint([...sound, { Code: '02', Wards: null }]), undefined);
  const named = [
    { Code: '01', FullName: 'Thành phố Hà Nội', Wards: [{ Code: '00004', FullName: 'Phường Ba Đình' }] },
  ];
  t.equal(await complaint(named), undefined);
  t.equal(await complaint(`\ufeff${JSON.stringify(named)}`), undefined, 'as some editors save it');
  for (const content of [
    [{ ...named[0], FullName: '' }],
    [{ ...named[0], FullName: 'x'.repeat(101) }],
    [{ ...named[0], Wards: [{ Code: '00004', FullName: 4 }] }],
    [{ ...named[0], Wards: [{ Code: '00004', FullName: 'Ba \ud800' }] }],
    [],
    {},
    null,
    'not JSON',
    [{ code: '01', wards: [{ code: '00004' }] }],
    [{ Code: '01' }],
    [{ Code: '01', Wards: [] }],
    [{ Code: '01', Wards: [{ code: '00004' }] }],
    [...sound, { Code: 4, Wards: [{ Code: '00008' }] }],
    [...sound, { Wards: [{ Code: '00008' }] }],
    // As a spreadsheet saves it.
    [{ Code: '1', Wards: [{ Code: '4' }] }],
    [{ Code: '01', Wards: [{ Code: '4' }] }],
    [...sound, { Code: '79', Wards: [{ Code: '00004' }] }],
    '[{"Code":"01","Code":"79","Wards":[{"Code":"00004"}]}]',
  ]) {
    t.match(
      await complaint(content),
      /ADMINISTRATIVE_UNITS_FILE: cannot be read as JSON/,
      JSON.stringify(content),
    );
  }
});
