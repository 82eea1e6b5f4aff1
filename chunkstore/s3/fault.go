// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/minio/minio-go/v7"

	"github.com/git-devops/git-devops/chunkstore/passive"
)

// response returns the server's own error, if err is one.
func response(err error) (minio.ErrorResponse, bool) {
	var r minio.ErrorResponse
	ok := errors.As(err, &r)
	return r, ok
}

// code returns the HTTP status of an error, 0 where no server spoke.
func code(err error) int {
	r, _ := response(err)
	return r.StatusCode
}

// absent says whether the server answered that it has no such object.
func absent(err error) bool {
	r, ok := response(err)
	return ok && r.Code == minio.NoSuchKey
}

// noRoom and notYou are the codes of a server without room, and of one that
// does not serve this caller, beside the statuses that say so.
var (
	noRoom = []string{"QuotaExceeded", "XMinioStorageFull", "EntityTooLarge"}
	notYou = []string{"InvalidAccessKeyId", "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "XAdminUserNotFound"}
)

// wrap says what an error means for the store.
func (b *Bucket) wrap(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r, ok := response(err)
	status := r.StatusCode
	switch {
	case status == http.StatusInsufficientStorage || slices.Contains(noRoom, r.Code):
		return fmt.Errorf("%s: %w", doing, &passive.FullError{Place: b.Name(), Err: err})
	case status == http.StatusUnauthorized || status == http.StatusForbidden || slices.Contains(notYou, r.Code):
		return fmt.Errorf("%s: %w", doing, &passive.CredentialsError{Place: b.Name(), Err: err})
	case !ok || status == 0 || status >= 500 || status == http.StatusTooManyRequests:
		return fmt.Errorf("%s: %w", doing, &passive.OfflineError{Place: b.Name(), Err: err})
	}
	return fmt.Errorf("%s in %s: %w", doing, b.Name(), err)
}
