/** Validates the catalogue's own files by their schemas (`schemas/catalog`), and fills defaults in. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { circumstancesSchema } from '../../circumstances/circumstances-schema.ts';
import type { Finding, SourceFile } from '../read/document.ts';
import { schemaDialect } from '../vocabulary/dialect.ts';
import { addDistinctTexts } from '../vocabulary/distinct-texts.ts';
import { addLengths } from '../vocabulary/lengths.ts';
import { addFormats } from '../vocabulary/vocabulary.ts';
import { checkPatterns } from './patterns.ts';

export type Kind = 'service' | 'agency' | 'agreement' | 'issuer';

/** The file's value when it has the shape of its kind; otherwise `undefined`, after reporting its errors. */
export type Shape = <T>(kind: Kind, file: SourceFile, report: (finding: Finding) => void) => T | undefined;

export function compileShapes(files: readonly SourceFile[], report: (finding: Finding) => void): Shape {
  const ajv = new Ajv2020({
    ...{ allErrors: true, useDefaults: true, strict: true, strictRequired: false },
    // Done below, for a document that was not found sound before.
    validateSchema: false,
  });
  addFormats(ajv);
  addLengths(ajv);
  addDistinctTexts(ajv);
  ajv.addSchema(circumstancesSchema);
  for (const file of files) {
    for (const finding of file.findings) report(finding);
    if (file.findings.length > 0) continue;
    if (!file.isChecked) checkPatterns(file, report);
    try {
      if (!file.isChecked) schemaDialect().validateSchema(file.value as object, true);
      ajv.addSchema(file.value as object);
    } catch (error) {
      report(file.finding('', error instanceof Error ? error.message : String(error)));
    }
  }
  const validators = new Map<Kind, ValidateFunction>();
  const sound = new WeakSet<SourceFile>();
  return <T>(kind: Kind, file: SourceFile, report: (finding: Finding) => void) => {
    if (file.isChecked) return file.value as T;
    const validate = validators.get(kind) ?? compileShape(ajv, kind);
    if (!validate) {
      const message = `there is no sound schema ${kind}.schema.json: its files cannot be read`;
      report({ file: `schemas/catalog/${kind}.schema.json`, line: 1, message });
      return undefined;
    }
    validators.set(kind, validate);
    const { value, findings } = file;
    for (const finding of findings) report(finding);
    if (findings.length > 0) return undefined;
    if (sound.has(file)) return value as T;
    // Fills in missing defaults.
    if (validate(value)) {
      sound.add(file);
      return value as T;
    }
    for (const error of validate.errors ?? []) report(file.finding(placeOf(error), messageOf(error)));
    return undefined;
  };
}

/** `undefined`: there is no schema, or it refers to one with errors. */
function compileShape(ajv: Ajv2020, kind: Kind): ValidateFunction | undefined {
  try {
    return ajv.getSchema(`catalog/${kind}.schema.json`);
  } catch {
    return undefined;
  }
}

/** The pointer of an ajv error in the source: that of an unknown property itself, not of its object. */
function placeOf(error: ErrorObject): string {
  const { additionalProperty } = error.params as { additionalProperty?: string };
  return additionalProperty === undefined
    ? error.instancePath
    : `${error.instancePath}/${additionalProperty}`;
}

function messageOf(error: ErrorObject): string {
  const { additionalProperty, allowedValues } = error.params as {
    additionalProperty?: string;
    allowedValues?: unknown[];
  };
  if (additionalProperty !== undefined) return `unknown property "${additionalProperty}"`;
  const values = allowedValues ? `: ${allowedValues.join(', ')}` : '';
  return `${error.instancePath || '/'} ${error.message ?? error.keyword}${values}`;
}
