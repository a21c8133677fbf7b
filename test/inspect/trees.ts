/**
 * Texts of two vectors. Each value in them is what `openssl asn1parse` lists at its place, each name that
 * of RFC 9810 or RFC 5280.
 */
export const rejectionTree: string = `PKIMessage
  header
    pvno: 2
    sender: directoryName CN=cmp-server,O=Test
    recipient: directoryName CN=gw1.example,O=Test
    messageTime: 2026-11-21T00:35:54Z
    protectionAlg: passwordBasedMac (1.2.840.113533.7.66.13)
      salt: b0fa35bac214c584b386cccdae42a426
      owf
        OBJECT IDENTIFIER: sha256 (2.16.840.1.101.3.4.2.1)
      iterationCount: 500
      mac
        OBJECT IDENTIFIER: hmacSHA1 (1.3.6.1.5.5.8.1.2)
    senderKID: 736572766572 "server"
    transactionID: ba6da8882820040922ffda9421cc5764
    senderNonce: 5c06d6e12febf105f5e16a037600f53e
    recipNonce: 0d06945b9ee1f37d8e8730d79da1a2bd
  body: error
    pKIStatusInfo
      status: rejection
      statusString: error processing message
      failInfo
        badRequest: the request is not permitted or not supported
    errorCode: 486539422
    errorDetails: CMP routines; error processing message
  protection: 29fe6684bd9078dbfce3b6f97482e5273fd152b0
`;

/** The root: its signature has 72 octets, its key 65. */
export const rootTree: string = `Certificate
  tbsCertificate
    version: v3
    serialNumber: 69943ca7c43be8f723dd22359f48002b8c8e2f4f
    signature: ecdsaWithSHA256 (1.2.840.10045.4.3.2)
    issuer: CN=Test Root CA,O=Test,C=DE
    validity
      notBefore: 2026-11-21T00:30:58Z
      notAfter: 2036-11-18T00:30:58Z
    subject: CN=Test Root CA,O=Test,C=DE
    subjectPublicKeyInfo
      algorithm: ecPublicKey (1.2.840.10045.2.1)
        parameters: prime256v1 (1.2.840.10045.3.1.7)
      keyType: p-256
      subjectPublicKey: 04117ad02ac0318dbd8f3db1a47bab990d70c773ea6b5235c2e8ec3cd0c355be4db8d7d66089179aeb871e10a8fb4822a5aa06a18f5b89ee8a3cdcbd6e51568b… (65 octets in all)
    extensions
      subjectKeyIdentifier (2.5.29.14)
        KeyIdentifier: 5dbb746701d94e66b125f90d70f7567f796eb3be
      authorityKeyIdentifier (2.5.29.35)
        keyIdentifier: 5dbb746701d94e66b125f90d70f7567f796eb3be
      basicConstraints (2.5.29.19): critical
        cA: TRUE
      keyUsage (2.5.29.15): critical
        KeyUsage: keyCertSign, cRLSign
  signatureAlgorithm: ecdsaWithSHA256 (1.2.840.10045.4.3.2)
  signature: 3046022100ddf414158788f743f614601337430535da4086d8ea8ba08d572578aea66362e4022100b9f1c255ea22e8487a62d4950f26fa69bd06cc7e07ff32e6… (72 octets in all)
`;
