/** What the simulated business registry accepts: simulation values that protect nothing, and that no real registry knows. */
export const businessCredentials = {
  consumerKey: 'business-demo-consumer',
  consumerSecret: 'business-demo-secret',
};
