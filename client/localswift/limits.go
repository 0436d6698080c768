package localswift

// Limits of large objects and bulk requests.
const (
	maxSegments      = 1000
	maxManifestSize  = 8 << 20
	maxBulkOpenStack = 10000
)

// tempURLMethods may be signed.
var tempURLMethods = []string{"GET", "HEAD", "PUT", "POST", "DELETE"}
