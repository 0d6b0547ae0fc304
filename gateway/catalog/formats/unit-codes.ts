/** Codes of administrative units (docs/registries.md, "Identifiers"). */
import { FORMER_PROVINCES, PROVINCES } from '../../../adapters/values/provinces.ts';
import { digits } from './digits.ts';

/** `province-code`: one of the 34 provinces of today. */
export function isProvinceCode(text: string): boolean {
  return PROVINCES.has(text);
}

/** `historic-province-code`: a province of today or one that was merged into it on 2025-07-01. */
export function isHistoricProvinceCode(text: string): boolean {
  return PROVINCES.has(text) || FORMER_PROVINCES.has(text);
}

/** `commune-code`: 5 digits. Communes change over time: a registry's answer decides whether one exists, not a list here. */
export function isCommuneCode(text: string): boolean {
  return text.length === 5 && digits(text);
}
