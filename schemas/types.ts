// Generated from *.schema.json by generate.ts (npm run generate): change the schemas, not this.

/**
 * One page of enterprises; meta.nextPageToken of the answer leads to the next.
 *
 * @maxItems 100
 */
export type EnterpriseList = Enterprise[];
/**
 * One page of parcels; meta.nextPageToken of the answer leads to the next.
 *
 * @maxItems 100
 */
export type ParcelList = Parcel[];

/**
 * A place in a person's record. Units are those of the time of writing: since 2025-07-01 there are no districts, but old records still name one.
 */
export interface Address {
  /**
   * Province, 2 digits; in old records possibly one that was merged on 2025-07-01
   */
  provinceCode?: string;
  /**
   * What the province is called today, where that is known
   */
  provinceName?: string;
  /**
   * District, 3 digits: old records only
   */
  districtCode?: string;
  /**
   * Commune, ward or special zone, 5 digits
   */
  communeCode?: string;
  /**
   * What the commune is called, where that is known; absent in old addresses
   */
  communeName?: string;
  /**
   * House number, street, hamlet, as written
   */
  detail?: string;
  /**
   * ISO 3166-1 alpha-2
   */
  country?: string;
}
/**
 * 1 to 1,000 changes, stored all or none. The data of each is checked against the schema of its entity.
 */
export interface ChangesPublishRequest {
  /**
   * Changes, in the order in which they happened
   *
   * @minItems 1
   * @maxItems 1000
   */
  changes: {
    /**
     * Kind of record: person, enterprise, parcel
     */
    entity: string;
    /**
     * Identifier of the record: the personal number, the enterprise code, or commune/sheet/parcel
     */
    subject: string;
    /**
     * The registry's version of the record, higher with each change
     */
    version: number;
    /**
     * What happened
     */
    operation: 'created' | 'updated' | 'deleted';
    /**
     * When, by the registry's clock (RFC 3339)
     */
    occurredAt: string;
    /**
     * What changed, as JSON Pointers into data; empty for created and deleted
     *
     * @maxItems 500
     */
    changedFields: string[];
    /**
     * The whole state after the change; null or absent when deleted
     */
    data?: {} | null;
  }[];
}
/**
 * How many changes were stored, and how many had been before.
 */
export interface ChangesPublishResponse {
  /**
   * Changes stored by this call
   */
  accepted: number;
  /**
   * Changes that were stored already, with the same content
   */
  duplicates: number;
}
/**
 * An enterprise, a dependent unit of one or a household business, as the business registry records it.
 */
export interface Enterprise {
  /**
   * Enterprise code, which is its tax code: 10 digits, a dependent unit adds -001 to -999. Of a household business, since 2025-07-01, the personal identification number of who is behind it, 12 digits
   */
  enterpriseCode: string;
  /**
   * The registry's own number of the record
   */
  registrationId?: string;
  /**
   * Business code from before the national registry
   */
  importedBusinessCode?: string;
  /**
   * Legal form
   */
  type?: {
    /**
     * The registry's code of the form
     */
    code?: string;
    /**
     * Its name
     */
    name?: string;
  };
  /**
   * Name in Vietnamese
   */
  name: string;
  /**
   * Abbreviated name
   */
  shortName?: string;
  /**
   * Name in a foreign language
   */
  foreignName?: string;
  /**
   * Day of first registration
   */
  foundingDate?: string;
  /**
   * Day of the latest change of the registration
   */
  lastAmendedDate?: string;
  /**
   * How often the registration was changed
   */
  numberOfChanges?: number;
  /**
   * Legal status
   */
  status?: 'active' | 'suspended' | 'dissolving' | 'dissolved';
  /**
   * Legal representatives
   *
   * @maxItems 100
   */
  legalRepresentatives?: {
    /**
     * Full name, as one text
     */
    fullName: string;
  }[];
  /**
   * Charter capital in whole đồng (VND)
   */
  charterCapital?: number;
  /**
   * Registered head office
   */
  headOffice?: {
    /**
     * Province, 2 digits; possibly one that was merged on 2025-07-01
     */
    provinceCode?: string;
    /**
     * Its name
     */
    provinceName?: string;
    /**
     * District, 3 digits: old records only
     */
    districtCode?: string;
    /**
     * Commune, ward or special zone, 5 digits
     */
    communeCode?: string;
    /**
     * What the commune is called, where that is known; absent in old addresses
     */
    communeName?: string;
    /**
     * House number and street
     */
    street?: string;
    /**
     * The whole address, as written
     */
    fullText?: string;
  };
  /**
   * Registered business lines
   *
   * @maxItems 1000
   */
  activities?: {
    /**
     * Code of the business line (VSIC)
     */
    code: string;
    /**
     * Its name
     */
    name?: string;
    /**
     * Is it the main one?
     */
    main?: boolean;
  }[];
  /**
   * Members or founding shareholders
   *
   * @maxItems 1000
   */
  members?: {
    /**
     * Name of the person or organisation
     */
    name: string;
    /**
     * Contribution in whole đồng (VND)
     */
    amount?: number;
    /**
     * Share of the charter capital, percent
     */
    ratioPercent?: number;
    /**
     * Country as the registry writes it: a name or an ISO code
     */
    country?: string;
  }[];
}
/**
 * By enterprise code.
 */
export interface EnterpriseLookupRequest {
  /**
   * Enterprise code: 10 digits, a dependent unit adds -001 to -999
   */
  enterpriseCode: string;
}
/**
 * By part of the name, by the province of the head office, or by both.
 */
export interface EnterpriseSearchRequest {
  /**
   * Part of the name, in Latin letters; case, accents and spaces do not matter. A letter that the registry cannot compare is refused
   */
  name?: string;
  /**
   * Province of the head office, 2 digits
   */
  provinceCode?: string;
  /**
   * Records on one page
   */
  pageSize?: number;
  /**
   * meta.nextPageToken of the page before; opaque
   */
  pageToken?: string;
}
/**
 * By commune, map sheet and parcel number.
 */
export interface ParcelBoundaryRequest {
  /**
   * Commune, ward or special zone, 5 digits
   */
  communeCode: string;
  /**
   * Number of the map sheet in the commune
   */
  mapSheet: string;
  /**
   * Number of the parcel on the sheet
   */
  parcelNumber: string;
}
/**
 * GeoJSON Feature (RFC 7946) with a polygon in WGS 84, longitude before latitude, in degrees with 7 decimals (9 where corners are less than a centimetre apart). The first ring is the outline, counter-clockwise; the others are holes in it, clockwise.
 */
export interface ParcelBoundary {
  /**
   * Always Feature
   */
  type: 'Feature';
  /**
   * The parcel's outline
   */
  geometry: {
    /**
     * Always Polygon
     */
    type: 'Polygon';
    /**
     * Rings, each closed; granted and withheld as one
     *
     * @minItems 1
     * @maxItems 100
     */
    coordinates: number[][][];
  };
  /**
   * Which parcel it is
   */
  properties: {
    /**
     * Province that keeps the record, 2 digits
     */
    provinceCode: string;
    /**
     * Commune, ward or special zone, 5 digits
     */
    communeCode: string;
    /**
     * Number of the map sheet in the commune
     */
    mapSheet: string;
    /**
     * Number of the parcel on the sheet
     */
    parcelNumber: string;
  };
}
/**
 * By the personal identification number of a person or the enterprise code of an organisation: exactly one of the two.
 */
export interface ParcelFindByOwnerRequest {
  /**
   * Personal identification number, 12 digits
   */
  personalId?: string;
  /**
   * Enterprise code
   */
  enterpriseCode?: string;
  /**
   * Records on one page
   */
  pageSize?: number;
  /**
   * meta.nextPageToken of the page before; opaque
   */
  pageToken?: string;
}
/**
 * A parcel of land with its uses, owners and certificates, as the land registry of a province records it. Areas are in square metres.
 */
export interface Parcel {
  /**
   * Province that keeps the record, 2 digits
   */
  provinceCode: string;
  /**
   * Commune, ward or special zone, 5 digits
   */
  communeCode: string;
  /**
   * What the province is called today, where that is known
   */
  provinceName?: string;
  /**
   * What the commune is called, where that is known
   */
  communeName?: string;
  /**
   * Number of the map sheet in the commune
   */
  mapSheet: string;
  /**
   * Number of the parcel on the sheet
   */
  parcelNumber: string;
  /**
   * 12-character parcel identifier, where one was given
   */
  parcelId?: string;
  /**
   * Number of the map sheet before the last survey
   */
  formerMapSheet?: string;
  /**
   * Number of the parcel on that sheet
   */
  formerParcelNumber?: string;
  /**
   * The registry's version of the record
   */
  recordVersion?: number;
  /**
   * Measured area, m²
   */
  area?: number;
  /**
   * Area by the certificate, m²
   */
  legalArea?: number;
  /**
   * Is it an object that occupies land (laDoiTuongChiemDat)?
   */
  landOccupyingObject?: boolean;
  /**
   * Address of the land, as written
   */
  address?: string;
  /**
   * The registry's code of the kind of parcel
   */
  kind?: string;
  /**
   * First day of this state of the parcel
   */
  validFrom?: string;
  /**
   * Last day of it; absent while it lasts
   */
  validUntil?: string;
  /**
   * Purposes of use
   *
   * @maxItems 100
   */
  landUses?: {
    /**
     * Code of the purpose (ODT, CLN …)
     */
    purposeCode: string;
    /**
     * Area used so, m²
     */
    area?: number;
    /**
     * Term of use, as written
     */
    term?: string;
    /**
     * Last day of use
     */
    expiresOn?: string;
  }[];
  /**
   * How the land came to be used
   *
   * @maxItems 100
   */
  origins?: {
    /**
     * Code of the origin of use
     */
    originCode: string;
    /**
     * Area of that origin, m²
     */
    area?: number;
  }[];
  /**
   * Who has the right to use the land
   *
   * @maxItems 1000
   */
  owners?: {
    /**
     * Who it is: a person, a household, husband and wife, a group of co-owners under one name, a community, an organisation
     */
    type: 'person' | 'household' | 'couple' | 'group' | 'community' | 'organization';
    /**
     * Name, as one text and as written (Hộ ông …)
     */
    fullName: string;
    /**
     * Personal identification number, of a person or of who stands for a household
     */
    personalId?: string;
    /**
     * Number of an old identity card, 9 digits, where the registry has no other
     */
    identityCardNumber?: string;
    /**
     * Number of a passport, as written: of foreigners and of Vietnamese who live abroad
     */
    passportNumber?: string;
    /**
     * ISO 3166-1 alpha-2
     */
    nationality?: string;
    /**
     * Enterprise code, of an organisation; of a household business the personal identification number of who is behind it, 12 digits
     */
    enterpriseCode?: string;
    /**
     * Share of the right, percent
     */
    sharePercent?: number;
  }[];
  /**
   * Certificates of land-use right
   *
   * @maxItems 100
   */
  certificates?: {
    /**
     * The registry's own identifier of the certificate
     */
    certificateId?: string;
    /**
     * The registry's code of the kind of certificate
     */
    kind?: string;
    /**
     * Number in the register of certificates (số vào sổ), as written: CS 00123, CH-00123/2019
     */
    registerNumber?: string;
    /**
     * Number printed on the certificate (số phát hành): AA 01695788, AM 143443
     */
    certificateNumber?: string;
    /**
     * Bar code
     */
    barcode?: string;
    /**
     * Name of the official who signed
     */
    signedBy?: string;
    /**
     * Issuing body
     */
    issuedBy?: string;
    /**
     * Day of issue
     */
    issuedOn?: string;
    /**
     * Is it recognised as valid?
     */
    legallyRecognised?: boolean;
  }[];
}
/**
 * By commune, map sheet and parcel number.
 */
export interface ParcelLookupRequest {
  /**
   * Commune, ward or special zone, 5 digits
   */
  communeCode: string;
  /**
   * Number of the map sheet in the commune
   */
  mapSheet: string;
  /**
   * Number of the parcel on the sheet
   */
  parcelNumber: string;
}
/**
 * A person by personal identification number or an organisation by enterprise code, exactly one of the two, and a share.
 */
export interface ParcelParty {
  /**
   * Personal identification number, of a person
   */
  personalId?: string;
  /**
   * Enterprise code, of an organisation
   */
  enterpriseCode?: string;
  /**
   * Share of the right to the whole parcel, percent, to a hundredth
   */
  sharePercent: number;
}
/**
 * Moves the right to a parcel, or shares of it, from owners to others. What is given and what is taken must be equal; the record must still be of the version that the caller has seen.
 */
export interface ParcelRegisterTransferRequest {
  /**
   * Province that keeps the record, 2 digits
   */
  provinceCode: string;
  /**
   * Commune, ward or special zone, 5 digits
   */
  communeCode: string;
  /**
   * Number of the map sheet in the commune
   */
  mapSheet: string;
  /**
   * Number of the parcel on the sheet
   */
  parcelNumber: string;
  /**
   * Version of the record that the caller has seen (recordVersion of land.parcel.lookup); another one is refused
   */
  recordVersion: number;
  /**
   * Who gives, each with the share that leaves them; an owner who keeps something gives less than they have
   *
   * @minItems 1
   * @maxItems 100
   */
  from: ParcelParty[];
  /**
   * Who takes, each with the share that comes to them, on top of what they may have
   *
   * @minItems 1
   * @maxItems 100
   */
  to: ParcelParty[];
}
/**
 * By personal identification number or by the number of an old identity card: exactly one of the two. A name and a birth date, when given, must match the record.
 */
export interface PersonLookupRequest {
  /**
   * Personal identification number, 12 digits
   */
  personalId?: string;
  /**
   * Number of an old identity card, 9 digits, in place of the personal identification number
   */
  identityCardNumber?: string;
  /**
   * Full name as written, in Latin letters; case, accents, spaces and punctuation do not matter. A letter that the registry cannot compare is refused
   */
  fullName?: string;
  /**
   * YYYY-MM-DD, or YYYY where only the year is known
   */
  birthDate?: string;
}
/**
 * Do these three belong to one person? By personal identification number or by the number of an old identity card: exactly one of the two.
 */
export interface PersonVerifyRequest {
  /**
   * Personal identification number, 12 digits
   */
  personalId?: string;
  /**
   * Number of an old identity card, 9 digits, in place of the personal identification number
   */
  identityCardNumber?: string;
  /**
   * Full name as written, in Latin letters; case, accents, spaces and punctuation do not matter. A letter that the registry cannot compare is refused
   */
  fullName: string;
  /**
   * YYYY-MM-DD, or YYYY where only the year is known
   */
  birthDate: string;
}
/**
 * Nothing else is disclosed; a number that nobody has does not match.
 */
export interface PersonVerifyResponse {
  /**
   * Do number, name and birth date belong to one person?
   */
  match: boolean;
}
/**
 * A citizen as the population registry records it.
 */
export interface Person {
  /**
   * Personal identification number, 12 digits
   */
  personalId: string;
  /**
   * Number of an old identity card, 9 digits
   */
  identityCardNumber?: string;
  /**
   * Name in its three parts; the middle name may be several words, and any part but one may be missing
   */
  fullName: {
    /**
     * Family name (họ)
     */
    familyName?: string;
    /**
     * Middle name (chữ đệm)
     */
    middleName?: string;
    /**
     * Given name (tên)
     */
    givenName?: string;
  };
  /**
   * Sex
   */
  sex?: 'male' | 'female' | 'unknown';
  /**
   * Code of the ethnic group, 2 digits (01 Kinh)
   */
  ethnicity?: string;
  /**
   * Code of the religion, 2 digits (00 none)
   */
  religion?: string;
  /**
   * Marital status
   */
  maritalStatus?: 'unknown' | 'single' | 'married' | 'divorced-or-widowed';
  /**
   * Blood group
   */
  bloodGroup?: 'unknown' | 'A' | 'B' | 'AB' | 'O';
  /**
   * YYYY-MM-DD, or YYYY where only the year is registered
   */
  birthDate?: string;
  /**
   * ISO 3166-1 alpha-2
   */
  nationality?: string;
  birthRegistrationPlace?: Address;
  placeOfOrigin?: Address;
  permanentResidence?: Address;
  currentResidence?: Address;
  father?: Relative;
  mother?: Relative;
  spouse?: Relative;
  representative?: Relative;
  /**
   * Head of the household, and how the person is related to them
   */
  headOfHousehold?: {
    /**
     * Code of the person's relationship to the head
     */
    relationship?: string;
    /**
     * Full name, as one text
     */
    fullName?: string;
    /**
     * Personal identification number, 12 digits
     */
    personalId?: string;
    /**
     * Number of an old identity card, 9 digits
     */
    identityCardNumber?: string;
  };
}
/**
 * As much as the person's own record says about somebody else.
 */
export interface Relative {
  /**
   * Full name, as one text
   */
  fullName?: string;
  /**
   * ISO 3166-1 alpha-2
   */
  nationality?: string;
  /**
   * Personal identification number, 12 digits
   */
  personalId?: string;
  /**
   * Number of an old identity card, 9 digits
   */
  identityCardNumber?: string;
}
/**
 * Registers where a person permanently lives. The person heads a household of their own there.
 */
export interface ResidenceRegisterRequest {
  /**
   * Personal identification number, 12 digits
   */
  personalId: string;
  /**
   * The new residence
   */
  permanentResidence: {
    /**
     * Province, 2 digits
     */
    provinceCode: string;
    /**
     * Commune, ward or special zone, 5 digits
     */
    communeCode: string;
    /**
     * House number, street, hamlet, as written
     */
    detail: string;
  };
}
