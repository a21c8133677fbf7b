/**
 * The numbers of PKCS #11 v2.40 that are used here, by the names the standard has for them without their
 * prefix. pkcs11js has them too, but is loaded only when there is a token to use.
 */

/** CKR_: what a function returned. */
export const returned = {
  ARGUMENTS_BAD: 0x07,
  ATTRIBUTE_TYPE_INVALID: 0x12,
  ATTRIBUTE_VALUE_INVALID: 0x13,
  DEVICE_MEMORY: 0x31,
  DEVICE_REMOVED: 0x32,
  KEY_HANDLE_INVALID: 0x60,
  KEY_SIZE_RANGE: 0x62,
  KEY_TYPE_INCONSISTENT: 0x63,
  KEY_FUNCTION_NOT_PERMITTED: 0x68,
  MECHANISM_INVALID: 0x70,
  MECHANISM_PARAM_INVALID: 0x71,
  OBJECT_HANDLE_INVALID: 0x82,
  OPERATION_ACTIVE: 0x90,
  PIN_INCORRECT: 0xa0,
  PIN_INVALID: 0xa1,
  PIN_LEN_RANGE: 0xa2,
  PIN_EXPIRED: 0xa3,
  PIN_LOCKED: 0xa4,
  SESSION_CLOSED: 0xb0,
  SESSION_HANDLE_INVALID: 0xb3,
  TEMPLATE_INCOMPLETE: 0xd0,
  TEMPLATE_INCONSISTENT: 0xd1,
  TOKEN_NOT_PRESENT: 0xe0,
  TOKEN_WRITE_PROTECTED: 0xe2,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_NOT_LOGGED_IN: 0x101,
  USER_PIN_NOT_INITIALIZED: 0x102,
  DOMAIN_PARAMS_INVALID: 0x130,
  CURVE_NOT_SUPPORTED: 0x140,
  CRYPTOKI_NOT_INITIALIZED: 0x190,
  CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const;

/** CKF_: of a session, and of CK_TOKEN_INFO. */
export const flag = {
  OS_LOCKING_OK: 0x02,
  RW_SESSION: 0x02,
  SERIAL_SESSION: 0x04,
  LOGIN_REQUIRED: 0x04,
  PROTECTED_AUTHENTICATION_PATH: 0x100,
  TOKEN_INITIALIZED: 0x400,
  USER_PIN_FINAL_TRY: 0x20000,
  USER_PIN_LOCKED: 0x40000,
} as const;

/** CKA_: attributes. */
export const attribute = {
  CLASS: 0x00,
  TOKEN: 0x01,
  PRIVATE: 0x02,
  LABEL: 0x03,
  KEY_TYPE: 0x100,
  ID: 0x102,
  SENSITIVE: 0x103,
  ENCRYPT: 0x104,
  DECRYPT: 0x105,
  WRAP: 0x106,
  UNWRAP: 0x107,
  SIGN: 0x108,
  VERIFY: 0x10a,
  DERIVE: 0x10c,
  MODULUS: 0x120,
  MODULUS_BITS: 0x121,
  PUBLIC_EXPONENT: 0x122,
  EXTRACTABLE: 0x162,
  EC_PARAMS: 0x180,
  EC_POINT: 0x181,
} as const;

/** CKO_: classes of objects. */
export const objectClass = { PUBLIC_KEY: 2, PRIVATE_KEY: 3 } as const;

/** CKK_: kinds of keys. */
export const keyKind = { RSA: 0, EC: 3 } as const;

/** CKM_, CKG_ and the parameter type of pkcs11js. */
export const mechanism = {
  RSA_PKCS_KEY_PAIR_GEN: 0x00,
  RSA_PKCS: 0x01,
  RSA_PKCS_PSS: 0x0d,
  EC_KEY_PAIR_GEN: 0x1040,
  ECDSA: 0x1041,
  SHA_1: 0x220,
  SHA256: 0x250,
  SHA384: 0x260,
  SHA512: 0x270,
  MGF1_SHA1: 1,
  MGF1_SHA256: 2,
  MGF1_SHA384: 3,
  MGF1_SHA512: 4,
  /** `CK_PARAMS_RSA_PSS` of pkcs11js. */
  PSS_PARAMETERS: 5,
} as const;

/** CKU_USER. */
export const USER = 1;
