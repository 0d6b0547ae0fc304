/**
 * What the simulated registries accept. They are simulation values that protect nothing: the sandbox prints
 * them, and no real registry knows them.
 */
export const populationCredentials = {
  user: 'lienthong-sandbox',
  secret: 'population-demo-secret',
  apiKey: 'population-demo-api-key',
  roadClient: 'VN/GOV/LIENTHONG/SANDBOX',
} as const;

export const businessCredentials = {
  consumerKey: 'business-demo-consumer',
  consumerSecret: 'business-demo-secret',
} as const;

/** One key for each province's own system. */
export const landApiKeys = {
  '01': 'land-demo-key-01',
  '48': 'land-demo-key-48',
  '79': 'land-demo-key-79',
} as const;

/** What the population registry refuses, to show its faults 004 and 005. */
export const populationRefusals = {
  /** A procedure (`MaDVC`) that is not licensed for population data: fault 004. */
  procedure: '0.000000',
  /** An officer (`MaCanBo`) who is not permitted: fault 005. */
  officer: 'CB-KHONG-DUOC-PHEP',
} as const;
