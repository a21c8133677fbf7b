import type { Store } from './store.ts';

/**
 * Look at a store without a chance to change it. Each method is listed, so that a new one that writes does
 * not slip through; leases are neither asked for nor taken.
 *
 * @param refuse called in place of every write; throws
 */
export function readOnly(store: Store, refuse: () => never): Store {
  const { authorities, keys, certificates, deployments, transactions, crls, history } = store;
  const {
    statistics,
    settings,
    leases,
    caCertificates,
    keyRequests,
    nameSettings,
    audit,
    care,
    schedule,
  } = store;
  const refused = async (): Promise<never> => refuse();
  return {
    authorities: {
      get: (label) => authorities.get(label),
      list: () => authorities.list(),
      kept: (label) => authorities.kept(label),
      secret: (label) => authorities.secret(label),
      proxyPassword: (label) => authorities.proxyPassword(label),
      requestTemplate: (label) => authorities.requestTemplate(label),
      put: refused,
      remove: refused,
      addRoot: refused,
      replaceRoots: refused,
      putRequestTemplate: refused,
    },
    keys,
    certificates: {
      current: (name) => certificates.current(name),
      latest: (name) => certificates.latest(name),
      get: (id) => certificates.get(id),
      list: (filter) => certificates.list(filter),
      page: (after, limit) => certificates.page(after, limit),
      names: () => certificates.names(),
      expiring: (limit, after) => certificates.expiring(limit, after),
      versions: (name) => certificates.versions(name),
      pendingDelivery: (name) => certificates.pendingDelivery(name),
      markDelivered: refused,
      deliveryFailed: refused,
      restore: refused,
      import: refused,
      move: refused,
      remove: refused,
    },
    caCertificates: {
      get: (label) => caCertificates.get(label),
      list: () => caCertificates.list(),
      findBySubject: (subject) => caCertificates.findBySubject(subject),
      put: refused,
      remove: refused,
    },
    keyRequests: {
      get: (name) => keyRequests.get(name),
      list: () => keyRequests.list(),
      put: refused,
      remove: refused,
    },
    nameSettings: {
      get: (name, key) => nameSettings.get(name, key),
      set: refused,
      remove: refused,
    },
    schedule: {
      due: (now, limit) => schedule.due(now, limit),
      all: () => schedule.all(),
      next: () => schedule.next(),
      failing: (name) => schedule.failing(name),
      failures: (limit) => schedule.failures(limit),
      issuedSince: (name, since) => schedule.issuedSince(name, since),
      silentCas: () => schedule.silentCas(),
      plan: refused,
      forget: refused,
      wake: refused,
      failed: refused,
      recovered: refused,
      caSilent: refused,
      caAnswered: refused,
    },
    audit: { list: (limit) => audit.list(limit), begin: refused, end: refused },
    deployments: {
      list: (name) => deployments.list(name),
      hook: (name) => deployments.hook(name),
      runs: (name) => deployments.runs(name),
      put: refused,
      remove: refused,
      restart: refused,
      report: refused,
      putHook: refused,
      removeHook: refused,
      recordRun: refused,
    },
    transactions: {
      overview: (name) => transactions.overview(name),
      outstanding: (name) => transactions.outstanding(name),
      outstandingFrom: (name) => transactions.outstandingFrom(name),
      get: (id) => transactions.get(id),
      credential: (id) => transactions.credential(id),
      open: refused,
      advance: refused,
      finish: refused,
      replace: refused,
      clear: refused,
    },
    crls: {
      get: (ca, issuer) => crls.get(ca, issuer),
      list: (ca) => crls.list(ca),
      put: refused,
    },
    history: { list: (limit) => history.list(limit), record: refused },
    statistics: { read: () => statistics.read(), clear: refused },
    settings: {
      get: (key) => settings.get(key),
      list: () => settings.list(),
      set: refused,
      remove: refused,
    },
    leases: {
      holder: (name) => leases.holder(name),
      acquire: () => Promise.resolve({ fence: 0 }),
      renew: () => Promise.resolve(true),
      release: () => Promise.resolve(true),
      free: refused,
    },
    care: {
      checkKey: () => care.checkKey(),
      findDamage: () => care.findDamage(),
      rekey: refused,
      backUp: refused,
    },
    close: () => store.close(),
  };
}
