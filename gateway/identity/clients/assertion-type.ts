/** `client_assertion_type` of authentication by a JWT (RFC 7523, 2.2). A file of its own, because `client/` needs it alone. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
