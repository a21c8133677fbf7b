set -e
export OPENSSL_CONF=/dev/null
W=$(mktemp -d); OUT=$PWD; cd $W
ec() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }
ec root; ec sub; ec ec
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>/dev/null
openssl genpkey -algorithm ED25519 -out ed25519.key
CA="basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
EE="basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
openssl req -x509 -new -key root.key -sha256 -subj /O=Test/CN=Root -days 7300 -out root.crt -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
sign() { openssl req -new -key $1.key -subj "/O=Test/CN=$1" -out $1.csr; printf "$4" > $1.ext
  openssl x509 -req -in $1.csr -CA $2.crt -CAkey $2.key -sha256 -set_serial $3 -days 7000 -extfile $1.ext -out $1.crt 2>/dev/null; }
sign sub root 2 "$CA"; for n in ec rsa ed25519; do sign $n sub 1$RANDOM "$EE"; done
cat root.crt sub.crt > chain.pem
P="-passout pass:geheim"
for n in ec rsa ed25519; do
  openssl pkcs12 -export -in $n.crt -inkey $n.key -certfile chain.pem -name "device $n" $P -out aes-$n.p12
  openssl pkcs12 -export -legacy -in $n.crt -inkey $n.key -certfile chain.pem -name "device $n" $P -out legacy-$n.p12
done
openssl pkcs12 -export -in ec.crt -inkey ec.key -provider legacy -provider default -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-2DES -macalg sha512 -passout "pass:grün€" -out rc2-128-2des.p12
openssl pkcs12 -export -in ec.crt -inkey ec.key -certpbe AES-128-CBC -keypbe DES-EDE3-CBC -macalg sha384 $P -out aes-128-des3.p12
openssl pkcs12 -export -nomac -in ec.crt -inkey ec.key $P -out no-mac.p12
openssl pkcs12 -export -in ec.crt -inkey ec.key -passout pass: -out no-password.p12
openssl pkcs12 -export -in ec.crt -inkey ec.key -certpbe NONE -keypbe NONE $P -out clear.p12
openssl pkcs12 -export -nokeys -in ec.crt -certfile chain.pem $P -out no-key.p12
openssl pkcs8 -topk8 -v2 aes-256-cbc -in ec.key -passout pass:geheim -out pkcs8-ec.pem
openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in ec.key -passout pass:geheim -out pkcs8-3des-ec.pem
openssl ec -aes128 -in ec.key -passout pass:geheim -out sec1-ec.pem 2>/dev/null
openssl rsa -aes128 -traditional -in rsa.key -passout pass:geheim -out pkcs1-rsa.pem 2>/dev/null
K="-keyalg EC -storepass geheim -storetype PKCS12 -validity 7000"
keytool -genkeypair -alias one -dname CN=one $K -keystore java-two-keys.p12 2>/dev/null
keytool -genkeypair -alias two -dname CN=two $K -keystore java-two-keys.p12 2>/dev/null
keytool -J-Dkeystore.pkcs12.legacy -genkeypair -alias old -dname CN=old $K -keystore java-legacy.p12 2>/dev/null
cp *.p12 *-*.pem root.crt sub.crt ec.crt rsa.crt ed25519.crt $OUT/; openssl version; java -version 2>&1 | head -1
