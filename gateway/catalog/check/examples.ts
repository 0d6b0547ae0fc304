/** Checks the examples of a contract against it: documents show them, and tests send them. */
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { Service, Stream } from '../catalog.ts';
import { escapePointer, type Finding, type SourceFile } from '../read/document.ts';
import type { Compilation } from './compilation.ts';

type Report = (finding: Finding) => void;

/** Validates requests and answers by their schemas. */
export function checkExamples(service: Service, file: SourceFile, { validators, report }: Compilation): void {
  // Examples are written as JSON, also those of GET: types are not coerced here.
  const schema = (service.requestSchema as { $id: string }).$id;
  const validateRequest = validators.body.getSchema(schema);
  service.examples.forEach((example, index) => {
    const pointer = `/examples/${index}`;
    check(validateRequest, example.request, `${pointer}/request`, file, report);
    check(service.validateResponse, example.response, `${pointer}/response`, file, report);
  });
}

/**
 * Validates the changes of a publish contract by the schemas of their entities. Every entity needs an example with a state,
 * which AsyncAPI shows in its events.
 */
export function checkChanges(service: Service, stream: Stream, file: SourceFile, report: Report): void {
  const shown = new Set<string>();
  service.examples.forEach(({ request }, index) => {
    const { changes } = (request ?? {}) as { changes?: unknown };
    if (!Array.isArray(changes)) return;
    for (const [at, change] of changes.entries()) {
      const pointer = `/examples/${index}/request/changes/${at}`;
      const { entity: name, subject, data } = change as { entity?: string; subject?: string; data?: unknown };
      const entity = stream.entities.get(name ?? '');
      if (!entity)
        report(file.finding(`${pointer}/entity`, `example breaks the contract: ${name} is no entity of it`));
      else if (data !== undefined && data !== null) {
        shown.add(entity.name);
        if (
          check(entity.validate, data, `${pointer}/data`, file, report) &&
          entity.subjectOf(data) !== subject
        )
          report(
            file.finding(`${pointer}/subject`, 'example breaks the contract: subject is not the one of data'),
          );
      }
    }
  });
  for (const name of stream.entities.keys()) {
    if (shown.has(name)) continue;
    const message = `no example publishes a state of ${name}: the documents show its events by one`;
    report(
      file.finding(service.examples.length > 0 ? '/examples' : `/entities/${escapePointer(name)}`, message),
    );
  }
}

function check(
  validate: ValidateFunction | undefined,
  value: unknown,
  pointer: string,
  file: SourceFile,
  report: Report,
): boolean {
  if (!validate || validate(structuredClone(value))) return true;
  for (const { instancePath, message } of validate.errors ?? [])
    report(
      file.finding(pointer + instancePath, `example breaks the contract: ${instancePath || '/'} ${message}`),
    );
  return false;
}
