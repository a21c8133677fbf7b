import type { Notification, NotificationDetails, NotifiedCertificate } from './notification.ts';

/** A notification as JSON has it: times as texts of ISO 8601. */
export type NotificationJson = Dated<Omit<Notification, 'certificate' | 'details'>> & {
  readonly certificate?: Dated<NotifiedCertificate>;
  readonly details: Dated<NotificationDetails>;
};

type Dated<T> = { readonly [Key in keyof T]: T[Key] extends Date | undefined ? string : T[Key] };

/** Write a notification down for the store; a certificate and an alarm of the store are written the same way. */
export function encodeNotification(notification: Notification): string {
  return JSON.stringify(notification);
}

/** Read what `encodeNotification` wrote. */
export function decodeNotification(text: string): Notification {
  const stored: NotificationJson = JSON.parse(text);
  const { at, certificate, details, ...rest } = stored;
  return {
    ...rest,
    at: new Date(at),
    ...(certificate !== undefined && { certificate: certificateOf(certificate) }),
    details: detailsOf(details),
  };
}

function certificateOf({
  notBefore,
  notAfter,
  ...rest
}: Dated<NotifiedCertificate>): NotifiedCertificate {
  return {
    ...rest,
    ...(notBefore !== undefined && { notBefore: new Date(notBefore) }),
    ...(notAfter !== undefined && { notAfter: new Date(notAfter) }),
  };
}

function detailsOf({
  nextAttempt,
  deadline,
  ...rest
}: Dated<NotificationDetails>): NotificationDetails {
  return {
    ...rest,
    ...(nextAttempt !== undefined && { nextAttempt: new Date(nextAttempt) }),
    ...(deadline !== undefined && { deadline: new Date(deadline) }),
  };
}
