/** How a client says that it authenticates by a JWT (RFC 7523, 2.2). A file of its own: clients need no more of the server's. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
