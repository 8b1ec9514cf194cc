package main

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"

	certutil "k8s.io/client-go/util/cert"
	kubeadm "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm"
	"k8s.io/kubernetes/cmd/kubeadm/app/util/pkiutil"
)

// request is one certificate to make, as JSON. Without an authority it becomes a certificate authority itself.
type request struct {
	Name          string   `json:"name"`
	Authority     string   `json:"authority"`
	CommonName    string   `json:"commonName"`
	Organizations []string `json:"organizations"`
	Hosts         []string `json:"hosts"` // makes it a server's certificate as well as a client's
}

// certs reads a JSON list of requests on standard input, and writes <name>.crt and <name>.key into the directory that
// is its one argument, in order, so that an authority precedes what it signs. "sa" is a bare key pair: service account
// tokens are signed with it.
func certs() int {
	var requests []request
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: certs DIRECTORY < requests.json")
		return 2
	}
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		fmt.Fprintln(os.Stderr, "certs: standard input:", err)
		return 2
	}
	for _, wanted := range requests {
		if err := wanted.write(os.Args[1]); err != nil {
			fmt.Fprintf(os.Stderr, "certs: %s: %v\n", wanted.Name, err)
			return 1
		}
	}
	return 0
}

func (r request) write(directory string) error {
	if r.Name == "sa" {
		return writeKeyPair(directory, r.Name)
	}
	config := r.config()
	if r.Authority == "" {
		certificate, key, err := pkiutil.NewCertificateAuthority(config)
		if err != nil {
			return err
		}
		return pkiutil.WriteCertAndKey(directory, r.Name, certificate, key)
	}
	authority, authorityKey, err := pkiutil.TryLoadCertAndKeyFromDisk(directory, r.Authority)
	if err != nil {
		return err
	}
	certificate, key, err := pkiutil.NewCertAndKey(authority, authorityKey, config)
	if err != nil {
		return err
	}
	return pkiutil.WriteCertAndKey(directory, r.Name, certificate, key)
}

func (r request) config() *pkiutil.CertConfig {
	usages := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	names := certutil.AltNames{}
	for _, host := range r.Hosts {
		if address := net.ParseIP(host); address != nil {
			names.IPs = append(names.IPs, address)
		} else {
			names.DNSNames = append(names.DNSNames, host)
		}
	}
	if len(r.Hosts) > 0 {
		usages = append(usages, x509.ExtKeyUsageServerAuth)
	}
	return &pkiutil.CertConfig{
		Config: certutil.Config{
			CommonName: r.CommonName, Organization: r.Organizations, AltNames: names, Usages: usages,
		},
		EncryptionAlgorithm: kubeadm.EncryptionAlgorithmECDSAP256, // a key in microseconds; RSA takes half a second each
	}
}

func writeKeyPair(directory, name string) error {
	key, err := pkiutil.GeneratePrivateKey(kubeadm.EncryptionAlgorithmECDSAP256)
	if err != nil {
		return err
	}
	if err := pkiutil.WriteKey(directory, name, key); err != nil {
		return err
	}
	return pkiutil.WritePublicKey(directory, name, key.Public())
}
