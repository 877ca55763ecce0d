-- name: albums
-- expect: PROVEN
SELECT * FROM Album WHERE ArtistId = 1 ORDER BY AlbumId;
-- name: top_customers
-- expect: PROVEN
SELECT c.CustomerId, CONCAT(c.FirstName, ' ', c.LastName) AS Customer, SUM(i.Total) AS Spent FROM Customer c JOIN Invoice i ON i.CustomerId = c.CustomerId GROUP BY c.CustomerId ORDER BY Spent DESC, c.CustomerId LIMIT 5;
-- name: by_country
-- expect: PROVEN
SELECT BillingCountry, COUNT(*) AS Invoices, ROUND(AVG(Total),2) FROM Invoice GROUP BY BillingCountry HAVING Invoices > 7 ORDER BY Invoices DESC, billingcountry;
-- name: managers
-- expect: PROVEN
SELECT e.FirstName, m.FirstName AS Manager FROM Employee e LEFT JOIN Employee m ON m.EmployeeId = e.ReportsTo ORDER BY e.EmployeeId;
-- name: tracks_long
-- expect: PROVEN
SELECT Track.Name, Track.Milliseconds DIV 60000 AS Minutes, Milliseconds/1000 FROM Track WHERE milliseconds > 2000000 ORDER BY Track.Milliseconds DESC LIMIT 10;
-- name: derived
-- expect: PROVEN
SELECT d.GenreId, d.N FROM (SELECT GenreId, COUNT(*) AS N FROM Track GROUP BY GenreId) d WHERE d.n > 100 ORDER BY d.N DESC;
-- name: star_sub
-- expect: PROVEN
SELECT t.* FROM (SELECT * FROM MediaType) t ORDER BY t.MediaTypeId;
-- name: using
-- expect: PROVEN
SELECT a.Title, ar.Name FROM Album a JOIN Artist ar USING (ArtistId) WHERE ar.Name LIKE 'AC/%' ORDER BY a.Title;
-- name: insert
-- expect: PLANS
INSERT INTO Genre (GenreId, Name) VALUES (100, 'x') ON DUPLICATE KEY UPDATE Name = CONCAT(Name, VALUES(Name));
-- name: update
-- expect: PLANS
UPDATE Track t JOIN Album a ON a.AlbumId = t.AlbumId SET t.UnitPrice = t.UnitPrice * 1.1 WHERE a.Title = 'x';
-- name: updlim
-- expect: PLANS
UPDATE Customer SET Company = NULL WHERE Country = 'USA' ORDER BY CustomerId LIMIT 2;
-- name: invoice_month
-- expect: PROVEN
SELECT DATE_FORMAT(InvoiceDate,'%Y-%m') AS Month, SUM(Total) FROM Invoice WHERE InvoiceDate >= '2010-01-01' GROUP BY Month ORDER BY Month LIMIT 6;
-- name: playlist
-- expect: PROVEN
SELECT p.Name, COUNT(pt.TrackId) AS N FROM Playlist p LEFT JOIN PlaylistTrack pt ON pt.PlaylistId = p.PlaylistId GROUP BY p.PlaylistId, p.Name ORDER BY N DESC, p.PlaylistId;
-- name: exists
-- expect: PROVEN
SELECT ArtistId, Name FROM Artist WHERE NOT EXISTS (SELECT 1 FROM Album WHERE Album.ArtistId = Artist.ArtistId) AND ArtistId < 40 ORDER BY ArtistId;
-- name: unqual_nested
-- expect: PROVEN
SELECT Name FROM Genre WHERE GenreId IN (SELECT GenreId FROM Track WHERE Composer IS NULL GROUP BY GenreId) ORDER BY Name DESC;
