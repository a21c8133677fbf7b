import type { PKIFailureBit } from './pki-status-info.ts';

/**
 * What each bit of PKIFailureInfo says, in words an operator can act on (RFC 9810 section 5.2.3); nothing
 * for those it does not name.
 */
export const failureMeaning: Readonly<Record<PKIFailureBit, string>> = {
  badAlg: 'an algorithm is unknown to the CA or not allowed there',
  badMessageCheck: 'the MAC or signature of the request does not verify',
  badRequest: 'the request is not permitted or not supported',
  badTime: 'messageTime is too far from the clock of the CA',
  badCertId: 'no certificate fits what the request names',
  badDataFormat: 'the message is not in the form the CA expects',
  wrongAuthority: 'the request is addressed to another CA',
  incorrectData: "the requester's data is incorrect",
  missingTimeStamp: 'a time stamp is missing that policy requires',
  badPOP: 'the proof of possession of the private key failed',
  certRevoked: 'the certificate has been revoked',
  certConfirmed: 'the certificate has been confirmed already',
  wrongIntegrity:
    'the request is protected by a MAC instead of a signature, or the other way round',
  badRecipientNonce: 'recipNonce is missing or wrong',
  timeNotAvailable: "the CA's time source is not available",
  unacceptedPolicy: 'the certificate policy asked for is not supported',
  unacceptedExtension: 'an extension asked for is not supported',
  addInfoNotAvailable: 'additional information asked for is not available',
  badSenderNonce: 'senderNonce is missing or too short',
  badCertTemplate: 'the template is invalid, or something mandatory is missing in it',
  signerNotTrusted: 'the signer of the request is unknown to the CA or not trusted',
  transactionIdInUse: 'the transactionID is in use already',
  unsupportedVersion: 'the protocol version is not supported',
  notAuthorized: 'the sender was not allowed to make this request',
  systemUnavail: 'the CA is not available now',
  systemFailure: 'the CA failed while handling the request',
  duplicateCertReq: 'there is such a certificate already',
};
