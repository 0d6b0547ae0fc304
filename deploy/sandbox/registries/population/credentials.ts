/**
 * Where the simulated population registry is, and what it accepts. These are simulation values that protect nothing: the sandbox
 * prints them, and no real registry knows them.
 */

/** Part of the data that the client signs. */
export const SERVICE_PATH = '/dancuquocgia';

export const populationCredentials = {
  user: 'lienthong-sandbox',
  secret: 'population-demo-secret',
  apiKey: 'population-demo-api-key',
  roadClient: 'VN/GOV/LIENTHONG/SANDBOX',
};

/** Values that it refuses, to show its faults 004 and 005. */
export const populationRefusals = {
  /** A procedure (`MaDVC`) that is not licensed for population data: fault 004. */
  procedure: '0.000000',
  /** An officer (`MaCanBo`) who is not permitted: fault 005. */
  officer: 'CB-KHONG-DUOC-PHEP',
} as const;
