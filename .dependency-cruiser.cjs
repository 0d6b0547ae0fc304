// Which part may import which: DESIGN.md's "Layout" as rules. `npm test` holds them.
//
//   schemas, contracts (data)  ←  adapters  ←  gateway  ←  deploy/sandbox
//
// Parsed with swc: dependency-cruiser does not know TypeScript 7 yet.

/** The steps of the request flow; everything else in gateway/exchange is shared by them. */
const STEPS =
  '^gateway/exchange/(authenticate|authorise|verify-signature|admit|limit-matching|validate-request|call|validate-answer|minimise|narrow|respond|sign-answer|record)\\.ts$';

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
      name: 'adapters-know-no-gateway',
      comment: 'An adapter translates one registry; it can be written and tested without the gateway.',
      severity: 'error',
      from: { path: '^adapters/' },
      to: { path: '^(gateway|deploy)/' },
    },
    {
      name: 'schemas-know-nobody',
      comment: 'Schemas and the types generated from them are data.',
      severity: 'error',
      from: { path: '^schemas/' },
      to: { path: '^(adapters|gateway|deploy)/' },
    },
    {
      name: 'adapters-know-no-other-adapter',
      comment: 'What two registries share is in adapters/ itself.',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/' },
      to: { path: '^adapters/[^/]+/', pathNot: '^adapters/$1/' },
    },
    {
      name: 'gateway-knows-the-port-only',
      comment: 'Only gateway/main.ts names concrete adapters: a new registry changes nothing else.',
      severity: 'error',
      from: { path: '^gateway/', pathNot: '^gateway/main\\.ts$' },
      to: { path: '^adapters/[^/]+/' },
    },
    {
      name: 'steps-are-independent',
      comment:
        'gateway/exchange/pipeline.ts puts the steps in order (change-pipeline.ts is its part for services that change something, copy-pipeline.ts for copies, subscriptions-pipeline.ts for webhooks, stream.ts that of a chunk, disclose.ts that of what is sent), and refuse.ts is its other ending; explain.ts asks one step what it would say. A step ' +
        'may name the type that another returns.',
      severity: 'error',
      from: { path: '^(gateway|adapters|deploy)/', pathNot: '^gateway/exchange/(pipeline|change-pipeline|copy-pipeline|subscriptions-pipeline|stream|disclose|refuse|explain)\\.ts$' },
      to: { path: STEPS, dependencyTypesNot: ['type-only'] },
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
      name: 'nothing-needs-the-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'acceptance-is-a-black-box',
      comment: 'The acceptance tests know the gateway by HTTP and Kafka only; whoever needs a port asks in one place.',
      severity: 'error',
      from: { path: '^test/acceptance/' },
      to: { path: '^(gateway|adapters|deploy)/', pathNot: '^deploy/sandbox/free-port' },
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
