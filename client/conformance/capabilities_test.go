package conformance

import "fmt"

// capabilities name every difference between servers that a case knows of. One that is not here
// is a failure. Numbers are HTTP statuses unless said otherwise.
type capabilities struct {
	Keystone bool // sign-in is Keystone's identity API v3, not v1

	// Signing in.
	StoragePath           string // the path of the storage URL; with Keystone what it begins with
	AccountInURL          bool   // the storage URL names the account
	SignedIn              int    // a good v1 sign-in
	UnknownUser           int    // v1 sign-in of a user there is not
	SignInByPOST          int    // v1 sign-in by another method than GET
	SignInErrorType       string // Content-Type of a refused v1 sign-in
	SameToken             bool   // signing in again gives the same token
	TokenLifeTold         bool   // X-Auth-Token-Expires says how long a token lasts
	StorageUserHeader     bool   // X-Storage-User and X-Storage-Pass sign in, too
	StorageTokenHeader    bool   // X-Storage-Token counts as a token
	AsksToSignIn          bool   // a 401 has Www-Authenticate
	AnonymousListing      int    // a container's listing without a token, no slash at the end of the path
	AnonymousListingSlash int    // and with one
	AnonymousAccount      int    // an account's listing without a token
	AnonymousPut          int    // a PUT of a container without a token
	AnonymousMissing      int    // a missing object of a container that all may read but not list, without a token

	// Names.
	ShortestContainer, LongestContainer int  // bytes of a container's name
	ChecksEveryName                     bool // an impossible container name is 400 to every method, not only to PUT
	LeadingDot                          bool // a container's name may begin with a dot
	BadPath                             int  // a path that is no UTF-8
	NullPath                            int  // a path with a NUL

	// Containers and listings.
	PutOverACL        bool   // a repeated PUT of a container with an access list is 202, not 409
	PutOfAnothers     int    // a PUT of a container that another account owns
	RemoveACLHeader   bool   // X-Remove-Container-Read works; an empty X-Container-Read works everywhere
	DeleteAccount     int    // an owner deletes the account
	AccountDelimiter  bool   // account listings know delimiter
	AccountEmpty      int    // an empty account listing in plain text
	AccountPrefixLate bool   // limit counts the names before prefix picks some
	AccountDates      bool   // account listings in JSON tell last_modified
	LineEnd           string // behind the last line of a listing in plain text
	ListingLimitCut   int    // an explicit limit is cut to this many names; 0: one over 10,000 is 412
	StrictLimit       bool   // a limit that is no number is 400, a negative one lists nothing
	ContainerReverse  bool   // container listings know reverse
	PathListsFolders  bool   // a listing by path has the folders in it, too
	ListedTypeSpaces  bool   // a listed Content-Type keeps the spaces after ";"
	UntypedListed     any    // the listed Content-Type of an object stored without one
	ListedDate        string // a regular expression for last_modified

	// Objects.
	UntypedShown      string // the Content-Type of a GET of an object stored without one
	QuotedETagTaken   bool   // an ETag request header may be in quotes
	TooLarge          int    // a PUT over the largest size
	MaxFileSize       int64  // bytes
	CreateOnlyPut     bool   // If-None-Match: * guards a PUT
	CopyConditions    bool   // If-Match and If-None-Match of a COPY are asked of the source, else ignored
	ConditionalDelete bool   // If-Match guards a DELETE
	ETagWildcards     bool   // If-Match and If-None-Match of a GET know "*" and lists
	HeadRanges        bool   // HEAD obeys Range
	SeveralRanges     bool   // several ranges are answered all, not only the first
	ReversedRange     bool   // a range that ends before it begins is 416, not ignored
	BadRange          int    // a Range header that cannot be read
	LastZero          int    // "the last 0 bytes"; 206 is the whole
	RangeTold         bool   // a 416 has Content-Range
	LastOfNothing     bool   // "the last five bytes" of an empty object are 200, not 416
	PostKeepsHeaders  bool   // a POST leaves Content-Encoding and Content-Disposition alone
	PostKeepsDLO      bool   // and X-Object-Manifest
	PostKeepsExpiry   bool   // and X-Delete-At
	CopyOfExpired     int    // a COPY of an object that has expired
	LongestMetaName   int    // bytes of a metadata name
	MetadataLimits    bool   // 90 items of metadata, 256 bytes a value, 4 KiB in all
	BadCopySource     int    // X-Copy-From without an object

	// Large objects.
	SegmentReport       bool // a refused manifest is 400 with a line a segment
	SegmentETagChecked  bool // a segment's etag is compared
	SegmentRanges       bool // a segment's range is obeyed, not ignored
	SegmentData         bool // a manifest may hold data itself
	ManifestMustBeList  bool // JSON that is no list is refused; else it is an empty manifest
	NullSegmentSize     bool // size_bytes may be null
	ManifestOfItself    int  // a manifest that names its own object
	ManifestETagChecked bool // an ETag header on a manifest is compared with the SLO's ETag; else every sensible one is 422
	ManifestReadable    bool // multipart-manifest=get gives the manifest; else nothing
	ManifestListed      bool // listings show an SLO's size and ETag; else the MD5 of nothing and the manifest's length, after a POST 0
	ManifestConditions  bool // If-Match and If-None-Match compare an SLO's ETag; else the MD5 of nothing
	ManifestLeaks       bool // an SLO gets X-Object-Meta-Static-Large-Object, until a POST
	TooManySegments     int  // 1,001 of them
	DeadTokenReported   bool // a manifest with a dead token is taken, and all its segments reported as 401
	Heartbeat           bool // heartbeat=on is 202 with the result in the body
	LostSegment         int  // GET of an SLO whose first segment is gone
	LostSegmentHead     int  // and HEAD
	DLORangeOverrun     bool // a range of a DLO that ends within a segment is sent with one byte more than its length
	CopyFlattens        bool // a copy of a large object holds its bytes; else it shares the segments
	DLOLeadingSlash     bool // X-Object-Manifest with a leading slash is refused

	// TempURLs, bulk requests, access lists.
	TempURLDigests       bool   // SHA-256 and SHA-512 sign, too, and what is not good is 401; else 403
	TempURLContainerKey  bool   // a container's own key signs
	TempURLHidesMetadata bool   // X-Object-Meta-* is not shown
	BulkConflict         string // the Response Status of a bulk delete of a container that is not empty
	PublicReadLists      bool   // ".r:*" without ".rlistings" opens the listing, too
	PublicWrite          int    // a write list with a referrer
	UnknownACL           int    // a read list with an unknown designator
	ACLShownToAll        bool   // access lists are shown to those who do not own the container
	ACLNamesUsers        bool   // access lists name a user (account:user); else only all of an account
	ACLAloneIsRole       bool   // a word without a colon is a role, not all users of an account
	GuestOwnsObjects     bool   // what a user of another account puts is his: the container's owner may delete, not read it
	GuestCopies          bool   // who may read and write a container may copy in it
	GuestDeletes         bool   // and delete it when it is empty
	GuestGrants          bool   // and change its metadata, with the access lists and the quota
	ReaderReads          bool   // a user of the account who does not own it may read
	ReaderPutsContainer  int    // and puts a container that is there
	HeadInfo             int    // HEAD of /info

	errorWords    bool   // errors are one bare word, not a page
	QuotaShown    bool   // HEAD of a container tells its quota
	quotaExceeded string // the body of a 413
}

// refusal is the body of an error.
func (c *capabilities) refusal(word string, status int) string {
	if c.errorWords {
		return word
	}
	return fmt.Sprintf("<html><h1>%s</h1><p>%s</p></html>", "Not Found", "The resource could not be found.")
}

// servers has the capabilities by what SREGISTRY_TEST_SERVER says, and by personality.
var servers = map[string]capabilities{
	"openstack": openStack, "keystone": keystone(), "ceph": rgw, "rgw": rgw,
}

// openStack is OpenStack Swift 2.30 with tempauth.
var openStack = capabilities{
	StoragePath: "/v1/AUTH_test", AccountInURL: true, SignedIn: 200, UnknownUser: 401, SignInByPOST: 405, SignInErrorType: "text/html; charset=UTF-8",
	SameToken: true, TokenLifeTold: true, StorageUserHeader: true, StorageTokenHeader: true, AsksToSignIn: true,
	AnonymousListing: 401, AnonymousListingSlash: 401, AnonymousAccount: 401, AnonymousMissing: 404, AnonymousPut: 401,

	ShortestContainer: 1, LongestContainer: 256, LeadingDot: true, BadPath: 412, NullPath: 412,

	PutOverACL: true, PutOfAnothers: 403, RemoveACLHeader: true, DeleteAccount: 403, AccountDelimiter: true, AccountEmpty: 204, AccountDates: true,
	LineEnd: "\n", ContainerReverse: true, UntypedListed: "application/octet-stream", ListedDate: `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$`,

	UntypedShown: "application/octet-stream", QuotedETagTaken: true, TooLarge: 413, MaxFileSize: 5<<30 + 2,
	CreateOnlyPut: true, CopyConditions: true, ETagWildcards: true, SeveralRanges: true, BadRange: 200, LastZero: 416, RangeTold: true, LastOfNothing: true,
	LongestMetaName: 128, MetadataLimits: true, BadCopySource: 412, CopyOfExpired: 404, QuotaShown: true,

	SegmentReport: true, SegmentETagChecked: true, SegmentRanges: true, SegmentData: true, ManifestMustBeList: true, NullSegmentSize: true,
	ManifestOfItself: 400, ManifestETagChecked: true, ManifestReadable: true, ManifestListed: true, ManifestConditions: true,
	TooManySegments: 413, Heartbeat: true, LostSegment: 409, LostSegmentHead: 200, CopyFlattens: true, DLOLeadingSlash: true,

	TempURLDigests: true, TempURLContainerKey: true, TempURLHidesMetadata: true,
	BulkConflict: "400 Bad Request", ACLNamesUsers: true, GuestCopies: true, ReaderPutsContainer: 403, PublicWrite: 400, UnknownACL: 400, HeadInfo: 200,

	quotaExceeded: "Upload exceeds quota.",
}

// keystone is the same Swift behind Keystone.
func keystone() capabilities {
	c := openStack
	c.Keystone, c.StoragePath = true, "/v1/AUTH_"
	c.DeadTokenReported, c.ACLAloneIsRole = true, true
	return c
}

// rgw is Ceph RADOS Gateway 16.2.
var rgw = capabilities{
	StoragePath: "/swift/v1", SignedIn: 204, UnknownUser: 403, SignInByPOST: 405, SignInErrorType: "application/json; charset=utf-8",
	AnonymousListing: 301, AnonymousListingSlash: 403, AnonymousAccount: 404, AnonymousMissing: 404, AnonymousPut: 403,

	ShortestContainer: 3, LongestContainer: 255, ChecksEveryName: true, BadPath: 400, NullPath: 400,

	PutOfAnothers: 409, DeleteAccount: 405, AccountEmpty: 200, AccountPrefixLate: true, PathListsFolders: true, ListingLimitCut: 1000, StrictLimit: true, ListedTypeSpaces: true,
	ListedDate: `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`,

	UntypedShown: "binary/octet-stream", TooLarge: 400, MaxFileSize: 5 << 30,
	HeadRanges: true, ReversedRange: true, BadRange: 416, LastZero: 206, PostKeepsHeaders: true, PostKeepsDLO: true, PostKeepsExpiry: true, LongestMetaName: 80, BadCopySource: 412, CopyOfExpired: 201,

	ManifestOfItself: 400, ManifestLeaks: true, TooManySegments: 400, LostSegment: 404, LostSegmentHead: 404, DLORangeOverrun: true,

	BulkConflict: "409 Conflict", PublicWrite: 400, UnknownACL: 400, ACLShownToAll: true, GuestOwnsObjects: true, GuestDeletes: true, GuestGrants: true, ReaderReads: true, ReaderPutsContainer: 202, PublicReadLists: true, HeadInfo: 405,

	errorWords: true, quotaExceeded: "QuotaExceeded",
}
