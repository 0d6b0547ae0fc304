/** Credentials that the simulated land registries accept, one key for each province's own system; they protect nothing. */
export const landApiKeys = {
  '01': 'land-demo-key-01',
  '48': 'land-demo-key-48',
  '79': 'land-demo-key-79',
} as const;
