/** Credentials that the simulated business registry accepts; they protect nothing, and no real registry knows them. */
export const businessCredentials = {
  consumerKey: 'business-demo-consumer',
  consumerSecret: 'business-demo-secret',
};
