// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"cmp"
	"net/http"
	"path/filepath"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// An Environment is a process's: the value of a variable, or "".
type Environment func(variable string) string

// chain returns the credentials of the environment, else those of the
// person's file, else those of the machine's role. Without any, requests are
// not signed.
func (getenv Environment) chain() *credentials.Credentials {
	file := cmp.Or(getenv("AWS_SHARED_CREDENTIALS_FILE"), filepath.Join(getenv("HOME"), ".aws", "credentials"))
	role := &credentials.IAM{Client: &http.Client{Timeout: roleTimeout}}
	role.Container.CredentialsRelativeURI = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
	role.Container.CredentialsFullURI = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	role.Container.AuthorizationToken = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	role.Container.AuthorizationTokenFile = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
	role.EKSIdentity.TokenFile = getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
	role.EKSIdentity.RoleARN = getenv("AWS_ROLE_ARN")
	role.EKSIdentity.RoleSessionName = getenv("AWS_ROLE_SESSION_NAME")
	providers := []credentials.Provider{
		&variables{getenv: getenv},
		&credentials.FileAWSCredentials{Filename: file, Profile: cmp.Or(getenv("AWS_PROFILE"), "default")},
	}
	if getenv("AWS_EC2_METADATA_DISABLED") != "true" {
		providers = append(providers, role)
	}
	return credentials.NewChainCredentials(providers)
}

// roleTimeout is how long the machine's role is asked for: where no cloud is,
// nobody answers.
const roleTimeout = 3 * time.Second

// region is the bucket's; empty, the server is asked.
func (getenv Environment) region() string {
	return cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"))
}

// variables are the credentials of the environment.
type variables struct {
	getenv    Environment
	retrieved bool
}

// RetrieveWithCredContext implements credentials.Provider.
func (v *variables) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	v.retrieved = true
	return credentials.Value{
		AccessKeyID:     v.getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: v.getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    v.getenv("AWS_SESSION_TOKEN"),
		SignerType:      credentials.SignatureV4,
	}, nil
}

// Retrieve implements credentials.Provider.
func (v *variables) Retrieve() (credentials.Value, error) { return v.RetrieveWithCredContext(nil) }

// IsExpired implements credentials.Provider.
func (v *variables) IsExpired() bool { return !v.retrieved }
