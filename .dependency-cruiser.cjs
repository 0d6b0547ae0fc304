// Which part may import which. `npm test` holds these rules; docs/decisions/0067-rooms-in-one-order.md says why the order is so.
//
//   schemas, contracts (data)  ←  adapters  ←  gateway  ←  deploy/sandbox
//
// Parsed with swc: dependency-cruiser does not know TypeScript 7 yet.

/** The rooms that all registries share. Each other folder of adapters/ is a registry. */
const SHARED = ['config', 'upstream', 'pages', 'records', 'geometry', 'values'];
const REGISTRY = `^adapters/(?!(?:${SHARED.join('|')})/)[^/]+/`;

/** Each folder of the sandbox's registries but that of their server is one. */
const SIMULATED = '^deploy/sandbox/registries/(?!http/)[^/]+/';

/**
 * Every room, from the top down: a room imports itself and what stands below it. A file that stands here by itself holds its
 * room together, or is what the rest of its room rests on.
 */
const ROOMS = [
  // the command line: one file a verb
  'gateway/lienthong.js',
  'gateway/cli.ts',
  'gateway/commands/',
  // the parts put together
  'gateway/main.ts',
  // the operators' port
  'gateway/operators/server.ts',
  'gateway/operators/metrics/',
  'gateway/operators/health/',
  'gateway/operators/admin/',
  // the agencies' port
  'gateway/http/agencies-port.ts',
  'gateway/http/app.ts',
  'gateway/http/',
  'gateway/http/connections/',
  // OpenAPI and AsyncAPI
  'gateway/documents/',
  'gateway/documents/asyncapi/',
  'gateway/documents/openapi/',
  'gateway/documents/vietnamese/',
  'gateway/documents/schemas/',
  // THE REQUEST FLOW
  'gateway/exchange/',
  'gateway/exchange/steps/',
  'gateway/exchange/streams/',
  'gateway/exchange/record/',
  'gateway/exchange/authorisation.ts',
  'gateway/exchange/input/',
  'gateway/exchange/schemas/',
  'gateway/exchange/arrival.ts',
  'gateway/exchange/call.ts',
  // the caller's side, for commands, the sandbox and tests
  'gateway/client/',
  // the copy flow and the write flow
  'gateway/copies/',
  'gateway/writes/',
  // THE EVENT FLOW: what moves changes stands above what they pass through
  'gateway/changes/changes.ts',
  'gateway/changes/endings.ts',
  'gateway/changes/run-sinks.ts',
  'gateway/changes/sources/',
  'gateway/changes/sinks/',
  'gateway/changes/sinks/webhooks/',
  'gateway/changes/sinks/kafka/',
  'gateway/changes/sinks/kafka/access/',
  'gateway/changes/sinks/kafka/topics/',
  'gateway/changes/sinks/kafka/client/',
  'gateway/changes/replay/',
  'gateway/changes/backlog/',
  'gateway/changes/feed/',
  'gateway/changes/relay/',
  'gateway/changes/render/',
  'gateway/changes/intake/',
  'gateway/changes/outbox/',
  'gateway/changes/change.ts',
  // the caller's own view
  'gateway/directory/',
  // the evidence log
  'gateway/evidence/',
  'gateway/evidence/append/',
  'gateway/evidence/evidence.ts',
  // HTTP message signatures
  'gateway/signatures/',
  'gateway/signatures/format/',
  // tokens, clients, proofs of possession
  'gateway/identity/identity.ts',
  'gateway/identity/server/',
  'gateway/identity/clients/',
  'gateway/identity/possession/',
  'gateway/identity/tokens/',
  'gateway/identity/certificates/',
  'gateway/identity/',
  // rates, quotas, failed matches, addresses
  'gateway/admission/',
  // the only reader of the environment
  'gateway/config/',
  // the one list of registries
  'gateway/registries.ts',
  // contracts and agreements, compiled
  'gateway/catalog/live/',
  'gateway/catalog/diff/',
  'gateway/catalog/compile/',
  'gateway/catalog/check/',
  'gateway/catalog/grant/',
  'gateway/catalog/catalog.ts',
  'gateway/catalog/fields/',
  'gateway/catalog/vocabulary/',
  'gateway/catalog/formats/',
  'gateway/catalog/read/',
  // what a caller declares of its call: one table
  'gateway/circumstances/',
  // the schemas of routes, for the documents
  'gateway/operation/',
  // JOSE algorithms, JWK sets, compact JWS
  'gateway/keys/',
  // outbound calls, networks, TLS
  'gateway/net/',
  // bytes: strict JSON, UTF-8, media types, languages
  'gateway/wire/',
  // the closed table of errors, and how a failure becomes a problem
  'gateway/problems/',
  'gateway/problems/sentences/',
  // PostgreSQL
  'gateway/store/prepare/',
  'gateway/store/',
  // closing, daily work, permissions, waiting
  'gateway/runtime/',
  // log and metrics
  'gateway/telemetry/',
  'gateway/time/',
  // registries
  'adapters/*/',
  'adapters/config/',
  'adapters/upstream/',
  'adapters/pages/',
  'adapters/records/',
  'adapters/geometry/',
  'adapters/values/',
  'adapters/offers.ts',
  'adapters/adapter.ts',
  'schemas/',
];

/** A folder's own files; folders inside it only where no line of their own says otherwise. */
function pattern(room) {
  if (room === 'adapters/*/') return REGISTRY;
  const inside = ROOMS.filter((other) => other !== room && other.startsWith(room)).map((other) => other.slice(room.length));
  const escape = (path) => path.replaceAll('.', '\\.');
  const without = inside.length > 0 ? `(?!${inside.map((path) => (path.endsWith('/') ? path : `${escape(path)}$`)).join('|')})` : '';
  return `^${escape(room)}${room.endsWith('/') ? without : '$'}`;
}

/** One rule a room: nothing that stands above it. */
const order = ROOMS.slice(1).map((room, index) => ({
  name: `below: ${room}`,
  comment: 'A room imports only rooms that stand below it in ROOMS.',
  severity: 'error',
  from: { path: pattern(room) },
  to: { path: ROOMS.slice(0, index + 1).map(pattern).join('|') },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'every-file-has-a-room',
      comment: 'A new folder gets a line in ROOMS, at the place where its imports allow it.',
      severity: 'error',
      from: { path: '^(gateway|adapters|schemas)/', pathNot: ROOMS.map(pattern).join('|') },
      to: {},
    },
    ...order,
    {
      name: 'nothing-below-knows-the-sandbox-or-above',
      comment: 'Adapters and schemas can be written and tested without the gateway.',
      severity: 'error',
      from: { path: '^(adapters|schemas)/' },
      to: { path: '^(gateway|deploy)/' },
    },
    {
      name: 'adapters-know-no-other-adapter',
      comment: 'What two registries share is in a room of adapters/ beside them.',
      severity: 'error',
      from: { path: REGISTRY.replace('[^/]+', '([^/]+)') },
      to: { path: REGISTRY, pathNot: '^adapters/$1/' },
    },
    {
      name: 'gateway-knows-the-port-only',
      comment: 'Only gateway/registries.ts names registries: a new one changes nothing else.',
      severity: 'error',
      from: { path: '^gateway/', pathNot: '^gateway/registries\\.ts$' },
      to: { path: REGISTRY },
    },
    {
      name: 'sinks-are-rows',
      comment:
        'Whatever serves every sink iterates over changes/sinks/sinks.ts. Only the subscriptions of webhooks are known by name: ' +
        'routes change them.',
      severity: 'error',
      from: { path: '^gateway/(changes|copies|operators|telemetry)/|^gateway/main\\.ts$', pathNot: '^gateway/changes/sinks/' },
      to: { path: '^gateway/changes/sinks/[^/]+/', pathNot: '^gateway/changes/sinks/webhooks/webhooks\\.ts$' },
    },
    {
      name: 'registries-are-known-by-their-configuration',
      comment: 'Of a registry the gateway imports its config.ts alone.',
      severity: 'error',
      from: { path: '^gateway/registries\\.ts$' },
      to: { path: REGISTRY, pathNot: `${REGISTRY}config\\.ts$` },
    },
    {
      name: 'configuration-loads-no-adapter',
      comment: 'Commands that only read know all registries, and load no HTTP client: a config.ts imports its adapter when it is connected.',
      severity: 'error',
      from: { path: `${REGISTRY}config\\.ts$` },
      to: { path: `${REGISTRY}|^adapters/upstream/`, dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-table-names-steps',
      comment: 'The request flow is the table of exchange/routes.ts: no step knows another, and nothing else calls one.',
      severity: 'error',
      from: { path: '^(gateway|adapters|deploy)/', pathNot: '^gateway/exchange/routes\\.ts$' },
      to: { path: '^gateway/exchange/steps/' },
    },
    {
      name: 'production-knows-no-sandbox',
      comment: 'Only the command line starts the sandbox, and imports it when asked to.',
      severity: 'error',
      from: { path: '^gateway/', pathNot: '^gateway/(commands/|cli|lienthong)' },
      to: { path: '^deploy/' },
    },
    {
      name: 'commands-import-the-sandbox-lazily',
      comment: 'A production start loads no simulated registry.',
      severity: 'error',
      from: { path: '^gateway/' },
      to: { path: '^deploy/', dynamic: false },
    },
    {
      name: 'sandbox-knows-registries-by-their-list',
      comment: 'Only registries.ts names simulated registries: a new one changes nothing else.',
      severity: 'error',
      from: { path: '^deploy/', pathNot: `^deploy/sandbox/registries/registries\\.ts$|${SIMULATED}` },
      to: { path: SIMULATED },
    },
    {
      name: 'nothing-needs-the-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'acceptance-is-a-black-box',
      comment: 'The acceptance tests know the gateway by HTTP and Kafka only. A test that needs a free port asks for it in one place.',
      severity: 'error',
      from: { path: '^test/acceptance/' },
      to: { path: '^(gateway|adapters|deploy)/', pathNot: '^deploy/sandbox/processes/free-port' },
    },
    {
      name: 'production-needs-no-development-tools',
      severity: 'error',
      from: { path: '^(gateway|adapters|deploy)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'every-import-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true, // imports of types count
    doNotFollow: { path: 'node_modules' },
    // Compiled with what a generator makes (test/clients/generated-clients.test.ts).
    exclude: { path: '^test/clients/typescript/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
