/** A business registry of few enterprises, over the real protocol, whose every page a test can hold up; and its readers. */
import t, { type Test } from 'tap';
import { readEnterprise } from '../../../adapters/business/mapping.ts';
import type { Source } from '../../../adapters/records/mapping.ts';
import { allEnterprises } from '../../../deploy/sandbox/registries/business/registry.ts';
import { renderEnterprise } from '../../../deploy/sandbox/registries/business/render-enterprise.ts';
import { type RunningRegistries, startRegistries } from '../../../deploy/sandbox/registries/start.ts';
import { sendJson, startServer } from '../../adapters/support/server.ts';
import type { TestAgreement } from '../../support/added-contracts.ts';
import type { Answer } from '../../support/answer.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

/** May see everything: the sandbox's own agreement. */
export const TAX = 'G12.thue';
/** May see names in Hà Nội. */
export const LOCAL = 'H48.thongke';

const agreements: readonly TestAgreement[] = [
  {
    agreement: 'TT-2026-H48-09',
    consumer: LOCAL,
    purposes: ['thong-ke'],
    scope: { provinceCode: ['01'] },
    streams: [
      { stream: 'business.changes.read', entity: 'enterprise', revision: 0, fields: ['/name'] },
      { stream: 'population.changes.read', entity: 'person', revision: 0, fields: ['/birthDate'] },
    ],
  },
];

type Enterprise = ReturnType<typeof renderEnterprise>;

/** The fields that an amendment sets. */
export interface Amendment {
  readonly name?: string;
  readonly province?: string;
}

export class SmallRegistry {
  readonly records = new Map<string, Enterprise>();
  url = '';
  /** Awaited before a page is looked up, by the code that it begins after; a failure is a server error. */
  onPage: (after: string) => Promise<void> = async () => {};
  /** Awaited before a page that was looked up is sent. */
  onSend: () => Promise<void> = async () => {};
  /** Pages asked for at the same time, at most. */
  busiest = 0;
  #busy = 0;
  #sorted: string[] = [];

  constructor(count: number) {
    for (const enterprise of allEnterprises().slice(0, count)) {
      this.records.set(enterprise.code, renderEnterprise(enterprise));
    }
  }

  get codes(): string[] {
    if (this.#sorted.length !== this.records.size) this.#sorted = [...this.records.keys()].sort();
    return this.#sorted;
  }

  codesIn(province: string): string[] {
    return this.codes.filter((code) => this.records.get(code)!.HOAdress.CityID === province);
  }

  async start(test: Pick<Test, 'teardown'>): Promise<void> {
    const server = await startServer(test, async (response, received) => {
      const { pathname, searchParams } = new URL(received.url, 'http://x');
      if (pathname === '/token') {
        sendJson({ access_token: 'a', token_type: 'Bearer', expires_in: 300 })(response, received);
        return;
      }
      this.busiest = Math.max(this.busiest, ++this.#busy);
      const after = searchParams.get('sau') ?? '';
      const failed = await this.onPage(after).catch(() => true);
      const left = this.codes.filter((code) => code > after);
      const Data = left.slice(0, Number(searchParams.get('limit'))).map((code) => this.records.get(code));
      await this.onSend();
      this.#busy--;
      const found =
        left.length === 0 ? { Status: '0', Message: 'Không tìm thấy dữ liệu' } : { Status: '1', Data };
      const envelope = { DataCount: left.length, Message: '', ...found };
      sendJson(failed ? {} : envelope, failed ? 500 : 200)(response, received);
    });
    this.url = server.url;
  }

  /** Amends an enterprise; what its provider publishes of it. */
  amend(code: string, { name, province }: Amendment) {
    const { MainInformation, HOAdress, ...others } = this.records.get(code)!;
    const version = MainInformation.NUMBER_CHANGES + 1;
    const record = {
      ...others,
      MainInformation: {
        ...MainInformation,
        NUMBER_CHANGES: version,
        ...(name !== undefined && { NAME: name }),
      },
      HOAdress: { ...HOAdress, ...(province !== undefined && { CityID: province }) },
    };
    this.records.set(code, record);
    return changeOf(
      code,
      version,
      [...(name ? ['/name'] : []), ...(province ? ['/headOffice'] : [])],
      record,
    );
  }

  /** Deletes an enterprise; what its provider publishes of it. */
  remove(code: string) {
    const version = this.records.get(code)!.MainInformation.NUMBER_CHANGES + 1;
    this.records.delete(code);
    return { ...changeOf(code, version, [], undefined), operation: 'deleted', data: null };
  }
}

function changeOf(code: string, version: number, changed: readonly string[], record: Enterprise | undefined) {
  return {
    entity: 'enterprise',
    subject: code,
    version,
    operation: 'updated',
    occurredAt: new Date().toISOString(),
    changedFields: [...changed, '/numberOfChanges'],
    data: record ? readEnterprise(record as unknown as Source) : null,
  };
}

let registries: Promise<RunningRegistries> | undefined;

/** A gateway as production starts it, before a business registry of `count` enterprises. */
export async function startCopies(
  test: Pick<Test, 'teardown'>,
  count: number,
  variables: Readonly<Record<string, string>> = {},
): Promise<{ registry: SmallRegistry; gateway: TestGateway }> {
  const registry = new SmallRegistry(count);
  await registry.start(test);
  if (!registries) {
    registries = startRegistries();
    t.teardown(async () => (await registries)?.close());
  }
  const running = await registries;
  const business = { ...running.business, url: registry.url };
  const gateway = await startTestGateway(test, {
    agreements,
    variables,
    registries: { ...running, business },
  });
  return { registry, gateway };
}

export async function get(
  gateway: TestGateway,
  system: string,
  path: string,
  scope?: string,
): Promise<Answer> {
  return gateway.send(path, { headers: { authorization: `Bearer ${await gateway.token(system, scope)}` } });
}

export async function push(gateway: TestGateway, ...changes: readonly object[]): Promise<void> {
  const answer = await gateway.call('G12.dkkd', 'business.changes.publish', { changes });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
}

interface Event {
  readonly subject: string;
  readonly type: string;
  readonly data: { readonly version: number; readonly state?: unknown };
}

/** All events of the business feed after a cursor. */
export async function feedAfter(gateway: TestGateway, system: string, cursor: string): Promise<Event[]> {
  const events: Event[] = [];
  let after = cursor;
  for (;;) {
    const { status, text } = await get(gateway, system, `/v1/changes/business?limit=500&after=${after}`);
    if (status !== 200) throw new Error(`${status} ${text}`);
    const { data, meta } = JSON.parse(text);
    events.push(...data);
    after = meta.next;
    if (!meta.hasMore) return events;
  }
}
