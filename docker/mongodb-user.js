// The hosts' own user: readWrite on their database and nothing else. Runs in mongosh; the password comes from
// the container's environment.
db.getSiblingDB('cosync_auth').createUser({
  user: 'cosync_auth',
  pwd: process.env.MONGO_PASSWORD,
  roles: [{ role: 'readWrite', db: 'cosync_auth' }],
});
