/** A UUID of any version (RFC 9562, section 4), in lower case, the form in which the gateway writes its own. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
